import { type DatagramMachine, Simulation } from '@vcl-protocol/testkit';

/** How long `client` and `server` take to finish over a bad line, in milliseconds. */
export function timeOverBadLine(
  client: DatagramMachine,
  server: DatagramMachine,
  isDone: () => boolean,
): number {
  const home = { address: '10.0.0.2', port: 5000 };
  const site = { address: '192.0.2.1', port: 443 };
  const simulation = new Simulation({ seed: 42 });
  simulation.addHost(client, home);
  simulation.addHost(server, site);
  simulation.network.setConditions(undefined, undefined, { delayMs: 40, loss: 0.3, burst: 3 });
  simulation.network.setConditions(home, site, { bandwidthBitsPerSecond: 2e6, queueBytes: 65_536 });
  simulation.at(1000, () => simulation.network.nat.rebind(home));

  const { end } = simulation.run({ untilMs: 60_000, until: isDone });
  if (end !== 'until') throw new Error(`not done after ${simulation.now} ms: ${end}`);
  return simulation.now;
}
