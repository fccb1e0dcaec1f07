import { Carrier, CarrierRemote, type Connection, type RemoteAddress } from '@vcl-protocol/core';
import { vi } from 'vitest';
import type { CarrierHandler, CarrierLink, CarrierServer } from '../../src/carrier-link.js';
import type { CarrierTarget, Dial } from '../../src/carriers/carrier-dialer.js';
import type { DatagramLink, LinkHandler } from '../../src/datagram-link.js';
import type { Driver } from '../../src/driver.js';

/** What tests of carriers advance by hand. */
export function useFakeClock(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
  });
}

/** A carrier without anything behind it: what happens to it is the test's doing. */
export class FakeLink implements CarrierLink {
  readonly remote: CarrierRemote;
  readonly local = { address: '10.0.0.1', port: 1_000 };
  readonly lossySide?: CarrierLink;
  readonly sent: Uint8Array[] = [];
  flushes = 0;
  /** How it was ended by this side. */
  ended: 'closed' | 'destroyed' | undefined;
  handler: CarrierHandler | undefined;

  constructor({ port = 443, lossySide }: { port?: number; lossySide?: CarrierLink } = {}) {
    this.remote = new CarrierRemote({
      address: '10.0.0.2',
      port,
      carrier: Carrier.Tcp,
      isOrdered: true,
      maxRecordBytes: 65_535,
    });
    if (lossySide !== undefined) this.lossySide = lossySide;
  }

  start(handler: CarrierHandler): void {
    this.handler = handler;
  }

  send(record: Uint8Array): void {
    this.sent.push(record.slice());
  }

  flush(): void {
    this.flushes++;
  }

  async close(): Promise<void> {
    this.ended ??= 'closed';
  }

  destroy(): void {
    this.ended ??= 'destroyed';
  }

  /** The network takes it away. */
  lose(error?: Error): void {
    this.remote.onLost();
    this.handler?.onClosed(error);
  }
}

/** Datagrams that go nowhere; `room` false is a system that takes none. */
export class FakeDatagrams implements DatagramLink {
  readonly local = { address: '10.0.0.1', port: 9_000 };
  readonly families = [4] as const;
  readonly sent: { readonly data: Uint8Array; readonly to: RemoteAddress }[] = [];
  handler: LinkHandler | undefined;
  room = true;
  flushes = 0;
  isClosed = false;
  readonly #buffer = new Uint8Array(1_500);

  start(handler: LinkHandler): void {
    this.handler = handler;
  }

  reserve(): Uint8Array | undefined {
    return this.room ? this.#buffer : undefined;
  }

  send(bytes: number, to: RemoteAddress): void {
    this.sent.push({ data: this.#buffer.slice(0, bytes), to });
  }

  flush(): void {
    this.flushes++;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** Lets in whoever the test wants. */
export class FakeServer implements CarrierServer {
  readonly local = { address: '10.0.0.2', port: 443 };
  onLink: (link: CarrierLink) => void = () => {};
  isClosed = false;

  start(onLink: (link: CarrierLink) => void): void {
    this.onLink = onLink;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A connection as far as those who watch over its carriers look at it; all of it can be set. */
export class FakeConnection {
  isEnded = false;
  silence = 0;
  ptoMs = 100;
  role = 'client';
  remotes: RemoteAddress[] = [];
  readonly counters = { packetsLost: 0, packetsSent: 0, payloadBytesReceived: 0 };
  /** Where it has moved, in order. */
  readonly moves: RemoteAddress[] = [];
  readonly probes: RemoteAddress[] = [];
  pings = 0;
  /** Whether it has an id to move with. */
  canMigrate = true;

  get asConnection(): Connection {
    return this as unknown as Connection;
  }

  silenceMs(): number {
    return this.silence;
  }

  migrate(_now: number, remote: RemoteAddress): boolean {
    if (this.canMigrate) this.moves.push(remote);
    return this.canMigrate;
  }

  probe(remote: RemoteAddress): boolean {
    this.probes.push(remote);
    return true;
  }

  leadsTo(remote: RemoteAddress): boolean {
    return this.remotes.includes(remote);
  }

  use(remote: RemoteAddress): boolean {
    this.moves.push(remote);
    return true;
  }

  ping(): void {
    this.pings++;
  }
}

/** A driver that only has a clock. */
export const fakeDriver: Driver = {
  now: () => performance.now(),
  schedule() {},
} as unknown as Driver;

/** Ways to a server. */
export function ways(...schemes: CarrierTarget['scheme'][]): CarrierTarget[] {
  return schemes.map((scheme) => ({ scheme, host: '10.0.0.2', port: 443, path: '/vcl' }));
}

/** What a dialer asked for: each call waits until the test answers it. */
export class FakeDials {
  readonly calls: FakeDial[] = [];

  readonly dial: Dial = (way, signal) => {
    return new Promise((resolve, reject) => {
      this.calls.push({ way, signal, resolve, reject });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };

  get schemes(): string[] {
    return this.calls.map(({ way }) => way.scheme);
  }
}

export interface FakeDial {
  readonly way: CarrierTarget;
  readonly signal: AbortSignal;
  resolve(link: CarrierLink): void;
  reject(error: unknown): void;
}
