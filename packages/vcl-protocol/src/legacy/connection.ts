import { type LegacyDropReason, type RemoteAddress, VCLError } from '@vcl-protocol/core';
import { abortable } from '../abortable.js';
import { findCandidates } from '../candidates.js';
import { parseAddress } from '../carrier-address.js';
import type { WaitOptions } from '../connection-options.js';
import { EventHub, type EventSubscription, type SubscribeOptions } from '../events.js';
import type { VCLMetrics } from '../metrics.js';
import type { VCLPacket } from '../packet.js';
import { toPayload } from '../send-options.js';
import { requireIdleTimeout } from '../settings.js';
import { canonicalAddress } from './canonical-address.js';
import type { LiveSession } from './live-session.js';
import { LEGACY_WIRE, type LegacyConnectionOptions } from './options.js';
import { resolveLegacySettings } from './settings.js';
import { LegacyStation } from './station.js';

const WARNING =
  'this connection speaks the wire of the Rust crate: its handshake proves nothing, so that whoever ' +
  'stands between can read, and one lost datagram ends a session. See docs/legacy-wire.md';

/**
 * A connection to a peer that runs the Rust crate 1.5, on its own wire: a bound address and one
 * session at a time. For tests of interoperability and for moving away from the crate; what makes it
 * unsafe is in docs/legacy-wire.md. What arrives and does not belong to the session is dropped and
 * counted, where the crate would fail.
 */
export class LegacyConnection implements AsyncDisposable, AsyncIterable<VCLPacket> {
  readonly #station: LegacyStation;
  readonly #signal: AbortSignal | undefined;
  #attempt: AbortController | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Binds a UDP socket, and logs a warning.
   *
   * @param address `host:port` or `[ipv6]:port`; port 0 for any that is free
   * @throws VCLError `InvalidConfig` for an option that is wrong, `wire` above all; `InvalidKey` for
   * a bad key; `IoError` when the address cannot be bound
   */
  static async bind(address: string, options: LegacyConnectionOptions): Promise<LegacyConnection> {
    const settings = resolveLegacySettings(options);
    const station = await LegacyStation.open(address, settings);
    const { signal } = options;
    if (signal?.aborted === true) {
      await station.close();
      throw signal.reason;
    }
    settings.logger.warn({ wire: LEGACY_WIRE }, WARNING);
    return new LegacyConnection(station, signal);
  }

  private constructor(station: LegacyStation, signal: AbortSignal | undefined) {
    this.#station = station;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort);
  }

  /**
   * Shakes hands with the server at `address`, a name or a number. The hello is sent once, because a
   * server of the crate fails on a second one (G12, G13). Nothing tells who has answered (G3).
   *
   * @throws VCLError `Timeout` without an answer within `connectTimeoutMs`, `HandshakeFailed` when
   * there is a session, `IoError`, `ConnectionClosed`; the reason of the signal
   */
  async connect(address: string, { signal }: WaitOptions = {}): Promise<void> {
    const target = parseAddress(address, 'connect');
    await this.#attemptWith(signal, async (until) => {
      const station = this.#station;
      const { network, connectTimeoutMs } = station.settings;
      const found = await abortable(findCandidates(target, network, station.link), until);
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(noAnswer(connectTimeoutMs)), connectTimeoutMs);
      try {
        const remote = canonicalAddress(found[0]!);
        await station.connect(remote, AbortSignal.any([until, timeout.signal]));
      } finally {
        clearTimeout(timer);
      }
    });
  }

  /**
   * Waits for a hello and answers it. Whoever sends one is accepted; only the key that signs its
   * packets tells it from others (G3). Whatever else arrives is ignored.
   *
   * @throws VCLError `HandshakeFailed` when there is a session, `ConnectionClosed`; the reason of
   * the signal
   */
  async acceptHandshake({ signal }: WaitOptions = {}): Promise<void> {
    await this.#attemptWith(signal, (until) => this.#station.accept(until));
  }

  /** Events from here on, of the present session or the one to come; they end with it. */
  subscribe(options: SubscribeOptions = {}): EventSubscription {
    return this.#station.hub.subscribe(options);
  }

  /**
   * Sends a message. Resolves when its last packet has left this side, which waits for
   * `packetsPerSecond` and for rotations; whether it arrives, nobody learns (G31). The data may be
   * changed as soon as `send` was called. A signal stops the waiting, not the message.
   *
   * @throws VCLError `NoPeerAddress` before there is a session, `ConnectionClosed`, `MessageTooBig`
   */
  async send(data: Uint8Array | string, { signal }: WaitOptions = {}): Promise<void> {
    const payload = toPayload(data);
    await this.#live('send').send(payload, signal);
  }

  /**
   * The next message; its `number` is the sequence of its last packet. What has arrived before the
   * end of the session is still handed out after it.
   *
   * @throws VCLError `NoSharedSecret` before there is a session; `ConnectionClosed` after `close`;
   * `Timeout` after silence; `ChainValidationFailed` when a packet was lost; the reason of the signal
   */
  async recv({ signal }: WaitOptions = {}): Promise<VCLPacket> {
    const packet = await this.#readable('recv').recv(signal);
    if (packet !== undefined) return packet;
    throw new VCLError('ConnectionClosed', 'the session has ended, and all of it was read');
  }

  /**
   * The messages of the present session. Ends when this side closes: the wire has no word for the
   * end, so that a peer that closes is only silent (G48).
   *
   * @throws VCLError as {@link recv} does for any other end
   */
  [Symbol.asyncIterator](): AsyncIterator<VCLPacket, undefined> {
    const session = this.#readable('iterate');
    return {
      async next() {
        const value = await session.recv(undefined);
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    };
  }

  /** @returns the time to the peer and back, in ms; the peer has to be in its `recv` (G51) */
  async ping({ signal }: WaitOptions = {}): Promise<number> {
    return await this.#live('ping').ping(signal);
  }

  /**
   * Asks the peer for a new key. Resolves when it is in use; what is sent meanwhile waits. Only when
   * the peer has nothing under way: one packet of it at the wrong moment ends a session (G49).
   */
  async rotateKeys({ signal }: WaitOptions = {}): Promise<void> {
    await this.#live('rotateKeys').rotateKeys(signal);
  }

  /** Ends the session on this side, without a word to the peer (G48), and frees the address. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether this side has closed, or its last session has ended. */
  isClosed(): boolean {
    return this.#closing !== undefined || this.#station.session?.end !== undefined;
  }

  /**
   * Sets the silence of the peer after which the session ends, now and in later sessions.
   *
   * @param seconds may be a fraction; 0 for never (G47)
   * @throws VCLError `InvalidConfig` when it is negative or beyond 2^32 ms
   */
  setTimeout(seconds: number): void {
    requireIdleTimeout(seconds, 'the timeout in seconds', 1000);
    this.#station.setIdleTimeout(seconds * 1000);
  }

  /** In seconds. Default 60. */
  getTimeout(): number {
    return this.#station.idleTimeoutMs / 1000;
  }

  /** When anything was last sent or received; before that, when it was bound. */
  lastActivity(): Date {
    return new Date(this.#station.activeAt);
  }

  /** The key that this side signs with. */
  getPublicKey(): Uint8Array {
    return this.#station.settings.signer.publicKey.slice();
  }

  /** Where it is bound. */
  localAddress(): RemoteAddress {
    const { address, port } = this.#station.link.local;
    return { address, port };
  }

  /** Where the peer is, or undefined before there was a session. */
  remoteAddress(): RemoteAddress | undefined {
    const { session } = this.#station;
    return session && { ...session.remote };
  }

  /** Counters of all sessions so far. Nothing is ever acknowledged or sent again (G30, G31). */
  metrics(): VCLMetrics<LegacyDropReason> {
    return this.#station.metrics;
  }

  readonly #onAbort = (): void => {
    void this.close();
  };

  async #attemptWith(
    signal: AbortSignal | undefined,
    run: (until: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#closing !== undefined) throw closedByUser();
    const station = this.#station;
    const isLive = station.session !== undefined && station.session.end === undefined;
    if (isLive || this.#attempt !== undefined) {
      throw new VCLError(
        'HandshakeFailed',
        'this connection has a session, or an attempt at one: close it, or bind another',
      );
    }
    const attempt = new AbortController();
    this.#attempt = attempt;
    if (station.session !== undefined) station.hub = new EventHub();
    station.session = undefined;
    try {
      await run(AbortSignal.any([attempt.signal, ...(signal === undefined ? [] : [signal])]));
    } finally {
      this.#attempt = undefined;
    }
  }

  async #shutDown(): Promise<void> {
    this.#attempt?.abort(closedByUser());
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#station.close();
  }

  /** @throws VCLError that says why the session cannot be worked with */
  #live(operation: string): LiveSession {
    if (this.#closing !== undefined) throw closedByUser();
    const { session } = this.#station;
    if (session === undefined) {
      throw new VCLError('NoPeerAddress', `${operation}: connect or accept first`);
    }
    if (session.end !== undefined) throw session.end;
    return session;
  }

  /** A session that has ended may hold messages that were not read. */
  #readable(operation: string): LiveSession {
    const { session } = this.#station;
    if (session !== undefined) return session;
    if (this.#closing !== undefined) throw closedByUser();
    throw new VCLError('NoSharedSecret', `${operation}: connect or accept first`);
  }
}

function closedByUser(): VCLError {
  return new VCLError('ConnectionClosed', 'the connection was closed: bind a new one');
}

function noAnswer(ms: number): VCLError {
  return new VCLError(
    'Timeout',
    `no answer within ${ms} ms: check the address, and that the server is in accept_handshake. If ` +
      'only its answer was lost, it has a session now and must be started anew',
  );
}
