import { Pair, type PairOptions, type PairSide } from '@vcl-protocol/testkit';
import { expect } from 'vitest';
import { PacketOutlet } from '../../src/connection/packet-outlet.js';
import type { PacketPort } from '../../src/connection/packet-port.js';

/** A tunnel's end that counts: its messages begin with their number, and it remembers what came. */
class CountingPort implements PacketPort {
  /** Lengths of the messages that wait. */
  readonly waiting: number[] = [];
  readonly read_: number[] = [];
  sent = 0;
  /** How often there was no room for what waited. */
  cramped = 0;
  slowDowns = 0;

  peek(): number {
    return this.waiting[0] ?? 0;
  }

  write(out: Uint8Array, start: number, limit: number): number {
    const length = this.waiting[0];
    if (length === undefined) return 0;
    if (length > limit - start) {
      this.cramped++;
      return 0;
    }
    this.waiting.shift();
    out.fill(this.sent & 0xff, start, start + length);
    new DataView(out.buffer, out.byteOffset).setUint32(start, this.sent++);
    return length;
  }

  read(message: Uint8Array): void {
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    const number = view.getUint32(0);
    expect(message.subarray(4).every((byte) => byte === (number & 0xff))).toBe(true);
    this.read_.push(number);
    // It is the port's to overwrite.
    message.fill(0xee);
  }

  onPersistentCongestion(): void {
    this.slowDowns++;
  }
}

/** How a session of a tunnel is configured. */
export const TUNNEL = {
  delivery: 'authenticated',
  evidence: 'session',
  fragmentSize: 1_420,
  flowWindowSize: 8_192,
} as const;

/** A pair whose lossy lanes are ports. */
export function tunnelPair(options: PairOptions) {
  const pair = new Pair({ ...options, config: { ...TUNNEL, ...options.config } });
  expect(pair.establish()).toBe(true);
  const client = attach(pair, pair.client);
  const server = attach(pair, pair.server);
  // Until both have each other's first statement.
  pair.run(1_000);
  return { pair, client, server };
}

/** Lets one side send messages of these lengths. */
export function offer(
  pair: Pair,
  side: 'client' | 'server',
  port: CountingPort,
  lengths: number[],
) {
  port.waiting.push(...lengths);
  pair[side].connection!.packetsReady(pair.now);
  (side === 'client' ? pair.clientHost : pair.serverHost).turn();
}

/** Makes the lossy lane of one side a port. */
export function attach(pair: Pair, side: PairSide): CountingPort {
  const port = new CountingPort();
  side.connection!.usePackets(new PacketOutlet(port), pair.now);
  return port;
}

/** The numbers from 0 to `count` - 1. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
