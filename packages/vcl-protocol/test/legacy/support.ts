import { afterEach } from 'vitest';
import type { DatagramNetwork } from '../../src/datagram-link.js';
import { LegacyConnection } from '../../src/legacy/connection.js';
import type { LegacyCommonOptions } from '../../src/legacy/options.js';
import { MemoryNetwork } from '../../src/memory-link.js';
import { CratePeer } from './crate-peer.js';

/** The seed that the crate's samples give to both sides. */
export const SEED: Uint8Array = Uint8Array.of(...new Uint8Array(31), 1);
export const ANY_PORT = '127.0.0.1:0';

export type TestOptions = Partial<Omit<LegacyCommonOptions, 'wire'>>;

/** What the tests of a file open; whatever is still open after a test is closed. */
export interface LegacyWorld {
  bind(network: DatagramNetwork, options?: TestOptions): Promise<LegacyConnection>;
  crate(network: DatagramNetwork, seed?: Uint8Array): Promise<CratePeer>;
  /** Our client with a server of the crate that gives every message back. */
  withServer(network?: DatagramNetwork, options?: TestOptions): Promise<LegacyPair>;
  /** Our server with a client of the crate that has connected. */
  withClient(network?: DatagramNetwork, options?: TestOptions): Promise<LegacyPair>;
}

export interface LegacyPair {
  readonly ours: LegacyConnection;
  readonly crate: CratePeer;
}

/** To be called once in a file. */
export function useLegacyWorld(): LegacyWorld {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  async function bind(network: DatagramNetwork, options: TestOptions = {}) {
    const connection = await LegacyConnection.bind(ANY_PORT, {
      wire: 'rust-1.5',
      sharedIdentity: SEED,
      network,
      ...options,
    });
    open.push(connection);
    return connection;
  }

  async function crate(network: DatagramNetwork, seed: Uint8Array = SEED) {
    const peer = await CratePeer.open(network, seed);
    open.push(peer);
    return peer;
  }

  return {
    bind,
    crate,
    async withServer(network = new MemoryNetwork(), options = {}) {
      const [ours, server] = [await bind(network, options), await crate(network)];
      const accepting = server.accept();
      await ours.connect(server.address);
      await accepting;
      void server.serve();
      return { ours, crate: server };
    },
    async withClient(network = new MemoryNetwork(), options = {}) {
      const [ours, client] = [await bind(network, options), await crate(network)];
      const accepting = ours.acceptHandshake();
      await client.connect(ours.localAddress());
      await accepting;
      return { ours, crate: client };
    },
  };
}

/** The next messages as text. */
export async function readTexts(connection: LegacyConnection, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await connection.recv()).text());
  return texts;
}

/** Subscribes at once; gives the types of the events when the session has ended. */
export async function eventTypes(connection: LegacyConnection): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of connection.subscribe()) types.push(type);
  return types;
}
