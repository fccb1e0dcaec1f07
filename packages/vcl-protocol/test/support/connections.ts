import { afterEach } from 'vitest';
import type { ConnectOptions, VCLConnectionOptions, VCLListenerOptions } from '../../src/index.js';
import { VCLConnection, VCLListener } from '../../src/index.js';

/** What the tests of a file bind; whatever is still open after a test is ended. */
export interface TestConnections {
  bind(options?: VCLConnectionOptions, address?: string): Promise<VCLConnection>;
  listen(options?: Partial<VCLListenerOptions>, address?: string): Promise<VCLListener>;
  /** Two sides with a session between them. */
  pair(options?: PairOptions): Promise<TestPair>;
}

/** Options of the two sides. */
export interface PairOptions {
  readonly address?: string;
  readonly both?: VCLConnectionOptions;
  readonly client?: VCLConnectionOptions;
  readonly server?: VCLConnectionOptions;
  readonly connect?: ConnectOptions;
}

export interface TestPair {
  readonly client: VCLConnection;
  readonly server: VCLConnection;
}

const ANY_PORT = '127.0.0.1:0';

/** To be called once in a file. */
export function useConnections(): TestConnections {
  const open: { abort(): void }[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.abort();
  });

  async function bind(options: VCLConnectionOptions = {}, address: string = ANY_PORT) {
    const connection = await VCLConnection.bind(address, options);
    open.push(connection);
    return connection;
  }

  async function listen(options: Partial<VCLListenerOptions> = {}, address: string = ANY_PORT) {
    const controller = new AbortController();
    const { signal } = controller;
    const listener = await VCLListener.bind(address, { clients: 'any', signal, ...options });
    open.push({ abort: () => controller.abort() });
    return listener;
  }

  async function pair(options: PairOptions = {}): Promise<TestPair> {
    const { address, both, connect } = options;
    const server = await bind({ clients: 'any', ...both, ...options.server }, address);
    const client = await bind({ ...both, ...options.client }, address);
    await join(client, server, connect);
    return { client, server };
  }

  return { bind, listen, pair };
}

/** Sets a session up between two bound sides. */
export async function join(
  client: VCLConnection,
  server: VCLConnection,
  options: ConnectOptions = {},
): Promise<void> {
  const accepted = server.acceptHandshake();
  await client.connect(addressOf(server), { server: server.getPublicKey(), ...options });
  await accepted;
}

/** `host:port` of what is bound. */
export function addressOf(bound: {
  localAddress(): { readonly address: string; readonly port: number };
}): string {
  const { address, port } = bound.localAddress();
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** All messages until the end, as text. */
export async function readAll(connection: VCLConnection): Promise<string[]> {
  const texts: string[] = [];
  for await (const packet of connection) texts.push(packet.text());
  return texts;
}

/** Bytes that differ from place to place. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

/** A promise that fails as it should is not unhandled before the test looks at it. */
export function expectedToFail<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
