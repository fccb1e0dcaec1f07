import { Pair, type PairOptions, type PairSide } from '@vcl-protocol/testkit';

/** Which side of a pair. */
export type SideName = 'client' | 'server';

/** A pair whose session is up and quiet: OPEN, spare ids and receipts are exchanged. */
export function establishedPair(options: PairOptions): Pair {
  const pair = new Pair(options);
  if (!pair.establish()) throw new Error('the pair did not connect');
  pair.run(2_000);
  return pair;
}

/** The datagrams that `from` sends during `action`; none of them arrives. */
export function capture(pair: Pair, from: SideName, action: () => void): Uint8Array[] {
  const captured: Uint8Array[] = [];
  const { address, port } = pair[from].address;
  pair.simulation.network.setTap({
    onDatagram: (datagram) => {
      if (datagram.from.address !== address || datagram.from.port !== port) return 'pass';
      captured.push(datagram.data);
      return 'drop';
    },
  });
  action();
  pair.simulation.network.setTap(undefined);
  return captured;
}

/** Puts a datagram before `to`, as if the other side had sent it, and lets it arrive. */
export function inject(pair: Pair, to: SideName, datagram: Uint8Array): void {
  const from = to === 'client' ? pair.server : pair.client;
  pair.simulation.network.inject(from.address, pair[to].address, datagram);
  pair.run(0);
}

/** Everything a side has dropped, at its endpoint and in its session. */
export function dropsOf(side: PairSide): number {
  return side.endpoint.drops.total + (side.connection?.drops.total ?? 0);
}

/** A message that tells its number. */
export function numbered(i: number, bytes: number = 40): Uint8Array {
  const payload = new Uint8Array(bytes);
  new DataView(payload.buffer).setUint32(0, i);
  return payload;
}

/** The numbers of {@link numbered} messages, as they were delivered. */
export function numbersOf(side: PairSide): number[] {
  return side.messages.map(({ payload }) => new DataView(payload.slice(0, 4).buffer).getUint32(0));
}

/** 0, 1, 2, ... */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** What ended the session of a side, or undefined while it lives. */
export function endOf(side: PairSide): { code: number; remote: boolean } | undefined {
  for (const event of side.events) {
    if (event.type === 'closed') return { code: event.code, remote: event.remote };
  }
  return undefined;
}
