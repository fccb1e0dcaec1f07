// A process that holds an interface and what goes with it, to be closed or killed. Its orders come as
// JSON in its argument; it prints `ready`, and ends in order when its input does.
import { once } from 'node:events';
import { parseIp } from '../../../packages/tunnel/dist/core/ip/ip-address.js';
import { IpPrefix } from '../../../packages/tunnel/dist/core/ip/ip-prefix.js';
import { openTunDevice } from '../../../packages/tunnel/dist/device/open-device.js';
import { runCommand } from '../../../packages/tunnel/dist/system/command.js';
import { configureInterface } from '../../../packages/tunnel/dist/system/interfaces.js';
import { SystemJournal } from '../../../packages/tunnel/dist/system/journal.js';
import { planRoutes } from '../../../packages/tunnel/dist/system/route-plan.js';
import { planServer } from '../../../packages/tunnel/dist/system/server-plan.js';

const { device, journal: path, addresses, client, server, crash } = JSON.parse(process.argv[2]);

/** Ends this process by SIGKILL at one command, before or after it. */
let commands = -1;
async function run(command) {
  commands++;
  const isLast = crash !== undefined && commands === crash.at;
  if (isLast && !crash.afterwards) await die();
  const said = await runCommand(command);
  if (isLast) await die();
  return said;
}

async function die() {
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
}

async function plan() {
  if (server !== undefined) {
    return await planServer({ ...server, device, pools: server.pools.map(prefix) });
  }
  return planRoutes({
    device,
    routes: client.routes.map(prefix),
    excluded: client.excluded.map(prefix),
    endpoints: client.endpoints.map((text) => parseIp(text)),
    families: client.families,
    systemFamilies: [4, 6],
  });
}

function prefix(text) {
  return IpPrefix.parse(text);
}

const journal = await SystemJournal.open({ path, run });
const tun = server === undefined ? openTunDevice({ name: device, mtu: 1_400 }) : undefined;
if (tun !== undefined) {
  tun.start({ onFrame: (frame) => frame.release(), onIdle() {}, onLost() {} });
  await configureInterface(device, { addresses, mtu: 1_400 }, runCommand);
}
await journal.apply(...(await plan()));
console.log(`ready after ${commands + 1} commands`);
process.stdin.resume();
await once(process.stdin, 'end');
await tun?.close();
await journal.close();
