import { CloseCode, type Connection, type DropCounters, type DropReason } from '@vcl-protocol/core';
import { DropDeltas } from './drop-deltas.js';
import { VCLMetrics } from './metrics.js';
import type { SessionEnd } from './session-end.js';

/** Between two samples of round trip time and congestion window. */
const SAMPLE_INTERVAL_MS = 100;

/** Counters of the core that metrics are made of, at one moment. */
interface Reading {
  readonly packetsSent: number;
  readonly packetsRetransmitted: number;
  readonly packetsReceived: number;
  readonly fragmentsSent: number;
  readonly fragmentsReassembled: number;
  readonly keyRotations: number;
}

/**
 * Brings the counters of the core into {@link VCLMetrics} when somebody asks. Nothing happens per
 * packet; per message two additions.
 */
export class MetricsFeed {
  readonly #metrics = new VCLMetrics<DropReason>();
  readonly #drops = new Map<DropCounters, DropDeltas>();
  #connection: Connection | undefined;
  #last: Reading = NOTHING;
  #nextSampleAt = 0;

  /** The metrics as they are now: the same object each time. */
  read(): VCLMetrics<DropReason> {
    this.#readCounters();
    for (const deltas of this.#drops.values()) {
      deltas.take((reason, count) => this.#metrics.recordDrop(reason, count));
    }
    return this.#metrics;
  }

  /** Counts the drops of an endpoint as well. */
  addDrops(drops: DropCounters): void {
    this.#drops.set(drops, new DropDeltas(drops));
  }

  /** A session is up: its counters are added to those of earlier ones. */
  begin(connection: Connection): void {
    this.#metrics.recordHandshake();
    this.#connection = connection;
    this.#last = NOTHING;
    this.addDrops(connection.drops);
  }

  /** The session is over. */
  end(connection: Connection, { code, remote }: SessionEnd): void {
    if (!remote && code === CloseCode.CHAIN_INVALID) this.#metrics.recordDropChain();
    if (!remote && code === CloseCode.SIGNATURE_INVALID) this.#metrics.recordDropSignature();
    this.read();
    this.#drops.delete(connection.drops);
    this.#connection = undefined;
  }

  /** A message was accepted for sending. */
  sent(bytes: number): void {
    this.#metrics.bytesSent += bytes;
  }

  /** A message was handed to the application. */
  received(bytes: number): void {
    this.#metrics.bytesReceived += bytes;
  }

  /** Takes a sample, unless there is none yet or the last one is less than 100 ms old. */
  sample(connection: Connection, now: number): void {
    if (now < this.#nextSampleAt) return;
    const { flow } = connection;
    const rttMs = flow.srtt();
    if (rttMs === undefined) return;
    this.#nextSampleAt = now + SAMPLE_INTERVAL_MS;
    this.#metrics.recordRttSample(rttMs);
    this.#metrics.recordCwnd(flow.cwnd());
  }

  #readCounters(): void {
    if (this.#connection === undefined) return;
    const { counters } = this.#connection;
    const reading: Reading = {
      packetsSent: counters.packetsSent - counters.packetsRetransmitted,
      packetsRetransmitted: counters.packetsRetransmitted,
      packetsReceived: counters.packetsReceived,
      fragmentsSent: counters.fragmentedSent,
      fragmentsReassembled: counters.fragmentedReceived,
      keyRotations: counters.keyRotations,
    };
    for (const name of NAMES) this.#metrics[name] += reading[name] - this.#last[name];
    this.#last = reading;
  }
}

const NOTHING: Reading = {
  packetsSent: 0,
  packetsRetransmitted: 0,
  packetsReceived: 0,
  fragmentsSent: 0,
  fragmentsReassembled: 0,
  keyRotations: 0,
};

const NAMES: readonly (keyof Reading)[] = [
  'packetsSent',
  'packetsRetransmitted',
  'packetsReceived',
  'fragmentsSent',
  'fragmentsReassembled',
  'keyRotations',
];
