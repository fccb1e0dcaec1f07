import { describe, expect, it } from 'vitest';
import { Path } from '../../src/path/path.js';
import { AckBlock } from '../../src/wire/frames/ack-frame.js';
import { provider } from '../handshake/support.js';

const DATAGRAM = 1_232;

function path(seed = 1): Path {
  return new Path({
    id: 0,
    cid: new Uint8Array(8),
    remote: { address: '192.0.2.1', port: 1 },
    validated: true,
    crypto: provider(seed),
    congestion: 'newreno',
    limits: {
      isOrdered: false,
      maxDatagramBytes: DATAGRAM,
      maxPayloadBytes: DATAGRAM,
      maxAckDelayMs: undefined,
      ackThreshold: undefined,
    },
    peerMaxAckDelayMs: 25,
    maxAckDelayMs: 25,
    handler: { onPacketAcked: () => {}, onPacketLost: () => {} },
    rttMs: 40,
  });
}

/** Sends `count` packets. @returns their numbers */
function send(made: Path, count: number): number[] {
  return Array.from({ length: count }, () => {
    const packet = made.sent.acquire(made.takePacketNumber());
    const { packetNumber } = packet;
    packet.ackEliciting = true;
    packet.inFlight = true;
    packet.size = DATAGRAM;
    made.loss.onPacketSent(packet);
    return packetNumber;
  });
}

function ack(made: Path, from: number, to: number): string {
  const block = new AckBlock();
  block.count = 1;
  block.starts[0] = from;
  block.ends[0] = to;
  return made.loss.onAck(block, 50);
}

describe('the packet numbers of a path', () => {
  it('rise and leave one out now and then', () => {
    const numbers = send(path(), 5_000);
    expect(new Set(numbers).size).toBe(5_000);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const skipped = numbers.at(-1)! + 1 - numbers.length;
    expect(skipped).toBeGreaterThanOrEqual(6);
    expect(skipped).toBeLessThanOrEqual(20);
  });

  it('give away a peer that acknowledges one that was left out or never sent', () => {
    const made = path();
    const numbers = send(made, 2_000);
    const skipped = numbers.find((number, i) => number !== i)! - 1;
    expect(ack(made, 0, skipped - 1)).toBe('ok');
    expect(ack(made, 0, skipped)).toBe('optimistic');
    expect(ack(made, 0, numbers.at(-1)! + 1)).toBe('optimistic');
  });

  it('leave out others with other randomness', () => {
    const left = (seed: number): number => send(path(seed), 1_000).findIndex((n, i) => n !== i);
    expect(new Set([left(1), left(2), left(3)]).size).toBe(3);
  });

  it('never seal twice', () => {
    const made = path();
    made.claimNonce(5);
    expect(() => made.claimNonce(5)).toThrow(expect.objectContaining({ code: 'CryptoError' }));
    expect(() => made.claimNonce(2 ** 48)).toThrow();
    made.claimNonce(6);
  });
});

describe('a path that leads elsewhere', () => {
  it('starts to measure anew', () => {
    const made = path();
    send(made, 10);
    ack(made, 0, 9);
    const grown = made.congestion.cwndBytes;
    expect(made.rtt.hasSample).toBe(true);
    made.resetMeasurements();
    expect(made.rtt.hasSample).toBe(false);
    expect(made.congestion.cwndBytes).toBeLessThan(grown);
  });
});
