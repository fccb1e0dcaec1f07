import {
  CloseCode,
  type LegacyDropReason,
  LegacySession,
  type LegacySessionEvent,
  type RemoteAddress,
  VCLError,
} from '@vcl-protocol/core';
import { AsyncQueue } from '../async-queue.js';
import type { EventHub } from '../events.js';
import type { VCLMetrics } from '../metrics.js';
import { VCLPacket } from '../packet.js';
import { PingRequests } from '../ping-requests.js';
import type { LegacyDrops } from './drops.js';
import type { LegacySettings } from './settings.js';

/** Bytes of messages that nobody reads, at most; nothing is received beyond. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** What a message that waits costs beside its bytes, of which it may have none. */
const MESSAGE_BYTES = 512;
/** Every packet was checked by itself, so no message waits to be. */
const ALL_VERIFIED = { through: Number.POSITIVE_INFINITY } as const;

/** What a {@link LiveSession} needs. */
export interface LiveSessionOptions {
  readonly settings: LegacySettings;
  /** Copied. */
  readonly key: Uint8Array;
  readonly remote: RemoteAddress;
  readonly idleTimeoutMs: number;
  readonly hub: EventHub;
  readonly metrics: VCLMetrics<LegacyDropReason>;
  readonly drops: LegacyDrops;
  readonly now: number;
  /** There may be something to send. */
  readonly onWork: () => void;
}

/** A session of the core, and those who wait for what happens in it. */
export class LiveSession {
  readonly core: LegacySession;
  readonly remote: RemoteAddress;
  readonly #options: LiveSessionOptions;
  readonly #messages = new AsyncQueue<VCLPacket>();
  readonly #pings: PingRequests;
  readonly #rotations = new Set<AsyncQueue<true>>();
  /** Calls of `send` by the number of their message, in order. */
  readonly #sends = new Map<number, AsyncQueue<true>>();
  #sendsAsked = 0;
  #unreadBytes = 0;
  #packetsCounted = 0;
  #rotationCount = 0;
  #end: VCLError | undefined;

  constructor(options: LiveSessionOptions) {
    const { settings, key, now, idleTimeoutMs } = options;
    this.#options = options;
    this.remote = options.remote;
    this.core = new LegacySession({ ...settings, key, now, idleTimeoutMs });
    this.#pings = new PingRequests(() => this.core.ping());
    options.metrics.recordHandshake();
    options.hub.emit({ type: 'Connected', peerIdentity: settings.peerKey.slice() });
  }

  /** What operations fail with since it has ended; undefined while it lives. */
  get end(): VCLError | undefined {
    return this.#end;
  }

  /** A datagram came from {@link remote}. */
  handle(data: Uint8Array, now: number): void {
    // Nobody settles a session that is over, so that events of the core would only pile up.
    if (this.#end !== undefined) this.#options.drops.record('closed');
    else if (this.#unreadBytes > MAX_UNREAD_BYTES) this.#options.drops.record('limit');
    else this.core.handle(data, now);
  }

  /** Takes up what has happened in the core. */
  settle(): void {
    const { metrics } = this.#options;
    metrics.packetsReceived += this.core.packetsReceived - this.#packetsCounted;
    this.#packetsCounted = this.core.packetsReceived;
    for (let next = this.core.pollEvent(); next !== undefined; next = this.core.pollEvent()) {
      this.#take(next);
    }
    for (const [number, done] of this.#sends) {
      if (number >= this.core.messagesSent) break;
      this.#sends.delete(number);
      done.push(true);
    }
  }

  async send(payload: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { settings, metrics, onWork } = this.#options;
    requireFits(payload, settings.maxMessageBytes);
    this.core.send(payload);
    const number = this.#sendsAsked++;
    metrics.bytesSent += payload.length;
    if (payload.length > settings.fragmentSize) metrics.recordFragmentSent();
    const done = new AsyncQueue<true>();
    this.#sends.set(number, done);
    onWork();
    await done.next(signal);
  }

  /** The next message; undefined after the end that this side has wanted. */
  async recv(signal: AbortSignal | undefined): Promise<VCLPacket | undefined> {
    const { value } = await this.#messages.next(signal);
    if (value !== undefined) this.#unreadBytes -= value.payload.length + MESSAGE_BYTES;
    return value;
  }

  async ping(signal: AbortSignal | undefined): Promise<number> {
    const answer = this.#pings.ping(signal);
    this.#options.onWork();
    return await answer;
  }

  async rotateKeys(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const done = new AsyncQueue<true>();
    this.#rotations.add(done);
    this.core.rotateKeys();
    this.#options.onWork();
    try {
      await done.next(signal);
    } finally {
      this.#rotations.delete(done);
    }
  }

  /** Ends it on this side. */
  close(): void {
    if (this.#end !== undefined) return;
    this.core.close();
    this.#finish(new VCLError('ConnectionClosed', 'the connection was closed: bind a new one'));
    this.#messages.end();
    this.#options.hub.emit(disconnected(CloseCode.NO_ERROR, 'closed'));
  }

  #take(event: LegacySessionEvent): void {
    const { hub, metrics, drops } = this.#options;
    switch (event.type) {
      case 'message':
        this.#deliver(event);
        break;
      case 'ping':
        hub.emit({ type: 'PingReceived' });
        break;
      case 'pong':
        metrics.recordRttSample(event.latencyMs);
        hub.emit({ type: 'PongReceived', latencyMs: event.latencyMs });
        this.#pings.onPong(event.id, event.latencyMs);
        break;
      case 'key-rotated':
        this.#onRotated(event.isOwn);
        break;
      case 'dropped':
        drops.record(event.reason);
        break;
      case 'ended':
        this.#fail(event.error);
        break;
    }
  }

  #deliver(event: LegacySessionEvent & { type: 'message' }): void {
    const { hub, metrics } = this.#options;
    const { sequence, hash, payload, isReassembled } = event;
    metrics.bytesReceived += payload.length;
    if (isReassembled) metrics.recordFragmentReassembled();
    this.#unreadBytes += payload.length + MESSAGE_BYTES;
    const packet = new VCLPacket({
      number: sequence,
      lane: 'reliable',
      payload,
      hash,
      receivedAt: Date.now(),
      verifiedHead: ALL_VERIFIED,
    });
    const size = payload.length;
    hub.emit({ type: 'PacketReceived', lane: 'reliable', sequence: packet.sequence, size });
    this.#messages.push(packet);
  }

  #onRotated(isOwn: boolean): void {
    const { hub, metrics } = this.#options;
    metrics.recordKeyRotation();
    this.#rotationCount++;
    hub.emit({ type: 'KeyRotated', epoch: this.#rotationCount });
    if (!isOwn) return;
    for (const done of this.#rotations) done.push(true);
    this.#rotations.clear();
  }

  #fail(error: VCLError): void {
    const { hub, settings } = this.#options;
    const ended = `the session has ended, connect again: ${error.message}`;
    this.#finish(new VCLError('ConnectionClosed', ended, { cause: error }));
    this.#messages.fail(error);
    settings.dropLog.warn({ reason: error.code }, 'session ended');
    hub.emit({ type: 'Error', error });
    hub.emit(disconnected(CLOSE_CODES.get(error.code) ?? CloseCode.INTERNAL, error.message));
  }

  #finish(error: VCLError): void {
    this.#end = error;
    this.#pings.fail(error);
    for (const waiting of [...this.#rotations, ...this.#sends.values()]) waiting.fail(error);
    this.#rotations.clear();
    this.#sends.clear();
  }
}

const CLOSE_CODES: ReadonlyMap<string, number> = new Map<string, number>([
  ['Timeout', CloseCode.IDLE],
  ['ChainValidationFailed', CloseCode.CHAIN_INVALID],
]);

function requireFits(payload: Uint8Array, maxBytes: number): void {
  if (payload.length <= maxBytes) return;
  throw new VCLError(
    'MessageTooBig',
    `${payload.length} bytes are more than maxMessageBytes, ${maxBytes}: send less at a time`,
  );
}

function disconnected(code: number, reason: string) {
  return { type: 'Disconnected', code, reason, remote: false } as const;
}
