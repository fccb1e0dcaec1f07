import {
  decodeLegacyHandshake,
  encodeLegacyHandshake,
  LEGACY_PACKET_OVERHEAD,
  type LegacyDropReason,
  LegacyKeyExchange,
  legacyDatagramKind,
  type RemoteAddress,
  sameAddress,
  VCLError,
  wipe,
} from '@vcl-protocol/core';
import { AsyncQueue } from '../async-queue.js';
import { parseAddress } from '../carrier-address.js';
import type { DatagramLink, LinkHandler } from '../datagram-link.js';
import { EventHub } from '../events.js';
import { VCLMetrics } from '../metrics.js';
import { LegacyDrops } from './drops.js';
import { LiveSession } from './live-session.js';
import { LegacyPacer } from './pacer.js';
import type { LegacySettings } from './settings.js';

/** Beside the data of a fragment. */
const FRAGMENT_OVERHEAD = LEGACY_PACKET_OVERHEAD + 20;
/** setTimeout takes no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a handshake that is under way waits for. */
interface Expected {
  readonly kind: 'client-hello' | 'server-hello';
  /** From where, or undefined for anywhere. */
  readonly from: RemoteAddress | undefined;
  /** @returns the session, or undefined when the key is of no use */
  readonly take: (publicKey: Uint8Array, from: RemoteAddress) => LiveSession | undefined;
  readonly done: AsyncQueue<true>;
}

/** A link with at most one session at a time, and what makes it run. */
export class LegacyStation implements LinkHandler {
  readonly settings: LegacySettings;
  readonly metrics: VCLMetrics<LegacyDropReason> = new VCLMetrics();
  readonly #link: DatagramLink;
  readonly #drops: LegacyDrops;
  readonly #pacer: LegacyPacer;
  hub: EventHub = new EventHub();
  session: LiveSession | undefined;
  /** Of sessions to come; see {@link setIdleTimeout} for the present one. */
  idleTimeoutMs: number;
  /** When anything was last sent or received, in ms since the Unix epoch. */
  activeAt: number = Date.now();
  #expected: Expected | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws VCLError `IoError` when the address cannot be bound */
  static async open(address: string, settings: LegacySettings): Promise<LegacyStation> {
    const { host, port } = parseAddress(address, 'bind');
    const [numeric = host] = await settings.network.lookup(host);
    const maxDatagramBytes = FRAGMENT_OVERHEAD + settings.fragmentSize;
    const link = await settings.network.open({ address: numeric, port, maxDatagramBytes });
    return new LegacyStation(link, settings);
  }

  private constructor(link: DatagramLink, settings: LegacySettings) {
    this.settings = settings;
    this.idleTimeoutMs = settings.idleTimeoutMs;
    this.#link = link;
    this.#drops = new LegacyDrops(this.metrics, settings.dropLog);
    this.#pacer = new LegacyPacer(settings.packetsPerSecond, performance.now());
    link.start(this);
  }

  get link(): Pick<DatagramLink, 'local' | 'families'> {
    return this.#link;
  }

  /** Sends a hello once, as the crate does, and waits for the answer from that address. */
  async connect(remote: RemoteAddress, signal: AbortSignal): Promise<void> {
    const exchange = new LegacyKeyExchange(this.settings.crypto);
    const take = (publicKey: Uint8Array): LiveSession | undefined => {
      const key = exchange.finish(publicKey);
      return key && this.#begin(key, remote);
    };
    const answered = this.#expect({ kind: 'server-hello', from: remote, take }, signal);
    this.#sendHello('client-hello', exchange.publicKey, remote);
    try {
      await answered;
    } finally {
      exchange.wipe();
    }
  }

  /** Waits for a hello from anywhere and answers it once, as the crate does. */
  async accept(signal: AbortSignal): Promise<void> {
    const take = (publicKey: Uint8Array, from: RemoteAddress): LiveSession | undefined => {
      const exchange = new LegacyKeyExchange(this.settings.crypto);
      const key = exchange.finish(publicKey);
      exchange.wipe();
      if (key === undefined) return undefined;
      const remote = { address: from.address, port: from.port };
      this.#sendHello('server-hello', exchange.publicKey, remote);
      return this.#begin(key, remote);
    };
    await this.#expect({ kind: 'client-hello', from: undefined, take }, signal);
  }

  /** @param ms for the present session and those to come */
  setIdleTimeout(ms: number): void {
    this.idleTimeoutMs = ms;
    this.session?.core.setIdleTimeout(ms);
    this.#run();
  }

  onDatagram(data: Uint8Array, from: RemoteAddress): void {
    const kind = legacyDatagramKind(data);
    const { session } = this;
    if (kind === 'client-hello' || kind === 'server-hello') {
      this.#onHello(kind, data, from);
    } else if (session === undefined || !sameAddress(session.remote, from)) {
      this.#drops.record('stranger');
    } else if (kind === 'junk') {
      this.#drops.record('malformed');
    } else {
      this.activeAt = Date.now();
      session.handle(data, performance.now());
    }
    this.#run();
  }

  onDrain(): void {
    this.#run();
  }

  onTrouble(cause: Error): void {
    this.settings.dropLog.warn({ reason: cause.message }, 'the system did not send a datagram');
    const message = 'a datagram was not sent: if it held a packet, the peer accepts none after it';
    this.hub.emit({ type: 'Error', error: new VCLError('IoError', message, { cause }) });
  }

  /** Ends everything on this side and frees the address. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.session?.close();
    this.#drops.tell(this.hub, Number.POSITIVE_INFINITY);
    this.hub.close();
    this.settings.dropLog.flush(true);
    this.settings.signer.wipe();
    await this.#link.close();
  }

  async #expect(expected: Omit<Expected, 'done'>, signal: AbortSignal): Promise<void> {
    const done = new AsyncQueue<true>();
    this.#expected = { ...expected, done };
    try {
      await done.next(signal);
    } finally {
      this.#expected = undefined;
    }
  }

  #onHello(kind: Expected['kind'], data: Uint8Array, from: RemoteAddress): void {
    const expected = this.#expected;
    const message = decodeLegacyHandshake(data);
    const isExpected =
      expected?.kind === kind && (expected.from === undefined || sameAddress(expected.from, from));
    if (!isExpected || message === undefined || message.kind === 'ack') {
      this.#drops.record('handshake');
      return;
    }
    const session = expected.take(message.publicKey, from);
    if (session === undefined) {
      this.#drops.record('handshake');
    } else {
      this.session = session;
      this.#expected = undefined;
      expected.done.push(true);
    }
  }

  #begin(key: Uint8Array, remote: RemoteAddress): LiveSession {
    const { settings, hub, metrics, idleTimeoutMs } = this;
    const onWork = (): void => this.#run();
    const [drops, now] = [this.#drops, performance.now()];
    settings.dropLog.info({}, 'session open');
    const session = new LiveSession({
      settings,
      key,
      remote,
      idleTimeoutMs,
      hub,
      metrics,
      drops,
      now,
      onWork,
    });
    wipe(key);
    return session;
  }

  #sendHello(kind: Expected['kind'], publicKey: Uint8Array, to: RemoteAddress): void {
    const buffer = this.#link.reserve();
    // Nobody has sent anything before a handshake, so there is room.
    if (buffer === undefined) return;
    const hello = encodeLegacyHandshake({ kind, publicKey });
    buffer.set(hello);
    this.#link.send(hello.length, to);
    this.#link.flush();
    this.activeAt = Date.now();
  }

  /** Does what there is to do, and sees to it that it is called when there is more. */
  #run(): void {
    const now = performance.now();
    const { session } = this;
    if (session !== undefined && session.end === undefined) {
      session.core.handleTimeout(now);
      session.settle();
      const isPaced = this.#transmit(session, now);
      session.settle();
      this.#sleep(Math.min(session.core.nextTimeout(), isPaced ? this.#pacer.nextAt() : Infinity));
    }
    this.#drops.tell(this.hub, now);
  }

  /** @returns whether the pacer stopped it */
  #transmit(session: LiveSession, now: number): boolean {
    let isPaced = false;
    for (;;) {
      const buffer = this.#link.reserve();
      if (buffer === undefined) break;
      isPaced = !this.#pacer.take(now);
      if (isPaced) break;
      const datagram = session.core.pollTransmit(now);
      if (datagram === undefined) {
        this.#pacer.giveBack();
        break;
      }
      buffer.set(datagram);
      this.#link.send(datagram.length, session.remote);
      this.metrics.packetsSent++;
      this.activeAt = Date.now();
    }
    this.#link.flush();
    return isPaced;
  }

  #sleep(until: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (until === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(MAX_TIMER_MS, Math.max(1, Math.ceil(until - performance.now())));
    this.#timer = setTimeout(() => this.#run(), delayMs);
  }
}
