import type { Connection, RemoteAddress } from '@vcl-protocol/core';
import { type CarrierLink, CLOSE_TIMEOUT_MS } from '../carrier-link.js';
import type { Driver } from '../driver.js';
import type { CarrierDialer } from './carrier-dialer.js';
import type { CarrierHub } from './carrier-hub.js';

/** What a {@link CarrierWatch} watches. */
export interface CarrierWatchOptions {
  /** Of the side that connected: only that one moves. */
  readonly connection: Connection;
  readonly hub: CarrierHub;
  readonly driver: Driver;
  readonly dialer: CarrierDialer;
  /** The server's address for datagrams, when the session may use them. */
  readonly datagramsTo: RemoteAddress | undefined;
  /** The carrier that the session has come up on; undefined on datagrams. */
  readonly link: CarrierLink | undefined;
  /** Whether persistent heavy loss of datagrams makes it move to a carrier. */
  readonly leavesHeavyLoss: boolean;
}

const TICK_MS = 250;
/** What waits for an answer on datagrams for so long has met a network that drops them. */
const MIN_SILENCE_MS = 500;
const SILENCE_PTOS = 3;
/** A carrier repeats by itself, and tells when it is lost: only a dead one is silent for so long. */
const MIN_CARRIER_SILENCE_MS = 5_000;
/** Whoever was sent something and hears no more asks once, so that silence shows. */
const ASK_AFTER_MS = 1_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
/** Datagrams are tried again so long after they were left; each time they fail soon, after twice the time. */
const FIRST_RETURN_MS = 1_000;
const MAX_RETURN_MS = 300_000;
const RELAPSE_MS = 60_000;
/** After heavy loss: it does not go away within seconds. */
const LOSS_RETURN_MS = 60_000;
/** Heavy loss: of what is sent, for so many ticks in which anything was. */
const HEAVY_LOSS = 0.3;
const HEAVY_LOSS_TICKS = 20;
const MIN_LOST_PACKETS = 3;

/**
 * Keeps a client's session on a carrier that works (SPEC 13.3): leaves datagrams for a carrier when
 * the network drops them, comes back when it does no more, and connects anew when a carrier is lost.
 */
export class CarrierWatch {
  readonly #options: CarrierWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopped = new AbortController();
  #link: CarrierLink | undefined;
  #isDialing = false;
  #retryAt = 0;
  #retryMs = FIRST_RETRY_MS;
  #returnAt = 0;
  #returnMs = FIRST_RETURN_MS;
  #returnedAt = Number.NEGATIVE_INFINITY;
  #lossyTicks = 0;
  #lost = 0;
  #sent = 0;
  #seenBytes = 0;
  #seenAt = 0;
  #hasAsked = true;

  constructor(options: CarrierWatchOptions) {
    this.#options = options;
    this.#link = options.link;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    if (options.link !== undefined) this.#leaveDatagrams(options.driver.now(), FIRST_RETURN_MS);
  }

  /** The carrier that the session is on; undefined on datagrams. */
  get link(): CarrierLink | undefined {
    return this.#link;
  }

  /** The session's carrier is lost. */
  onLost(): void {
    this.#tick();
  }

  /** A path that stood by works. */
  onPathReady(remote: RemoteAddress): void {
    const { connection, datagramsTo, driver } = this.#options;
    if (remote !== datagramsTo || this.#link === undefined) return;
    const now = driver.now();
    if (!connection.use(remote, now)) return;
    this.#returnedAt = now;
    this.#release();
    driver.schedule();
  }

  /**
   * Connects a carrier anew, or the first time, and moves there.
   *
   * @param isWanted asked once it is connected; default: yes
   * @returns false when it is not wanted, the session has ended, or neither side has a connection id to
   * spare
   * @throws VCLError when none can be had
   */
  async move(isWanted: () => boolean = () => true): Promise<boolean> {
    const { dialer, hub, connection, driver } = this.#options;
    const { signal } = this.#stopped;
    const link = await dialer.race(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (link === undefined) return false;
    hub.add(link, () => this.onLost());
    const isNeeded = !signal.aborted && isWanted();
    if (!isNeeded || !connection.migrate(driver.now(), link.remote)) {
      hub.drop(link);
      return false;
    }
    this.#release();
    this.#link = link;
    if (link.lossySide !== undefined) connection.probe(link.lossySide.remote, driver.now());
    driver.schedule();
    return true;
  }

  /** The session has ended. Its carrier goes as well, once the last words had the time to leave. */
  stop(): void {
    if (this.#stopped.signal.aborted) return;
    clearInterval(this.#timer);
    this.#stopped.abort();
    const timer = setTimeout(() => this.#release(), CLOSE_TIMEOUT_MS);
    timer.unref?.();
  }

  #tick(): void {
    const { connection, driver } = this.#options;
    if (connection.isEnded) {
      this.stop();
      return;
    }
    const now = driver.now();
    const fault = this.#fault(now);
    if (fault !== undefined) void this.#redial(now, fault);
    // While the carrier fails, datagrams may be all that is left.
    const isTimeToReturn = fault !== undefined || now >= this.#returnAt;
    if (this.#link !== undefined && isTimeToReturn) this.#probeDatagrams(now);
    this.#askIfSilent(now);
  }

  /** Why the session should be elsewhere, or undefined. */
  #fault(now: number): 'silent' | 'lossy' | undefined {
    if (this.#isSilent(now)) return 'silent';
    return this.#link === undefined && this.#isLossy() ? 'lossy' : undefined;
  }

  #isSilent(now: number): boolean {
    const { connection } = this.#options;
    if (this.#link?.remote.isLost === true) return true;
    const silenceMs = connection.silenceMs(now);
    if (this.#link !== undefined) return silenceMs > MIN_CARRIER_SILENCE_MS;
    return silenceMs > MIN_SILENCE_MS && silenceMs > SILENCE_PTOS * connection.ptoMs;
  }

  #isLossy(): boolean {
    const { connection, leavesHeavyLoss } = this.#options;
    const { packetsLost, packetsSent } = connection.counters;
    const lost = packetsLost - this.#lost;
    const sent = packetsSent - this.#sent;
    this.#lost = packetsLost;
    this.#sent = packetsSent;
    if (sent === 0) return false;
    const isHeavy = lost >= MIN_LOST_PACKETS && lost >= HEAVY_LOSS * sent;
    this.#lossyTicks = isHeavy ? this.#lossyTicks + 1 : 0;
    return leavesHeavyLoss && this.#lossyTicks > HEAVY_LOSS_TICKS;
  }

  async #redial(now: number, fault: 'silent' | 'lossy'): Promise<void> {
    if (this.#isDialing || now < this.#retryAt) return;
    this.#isDialing = true;
    const wasOnDatagrams = this.#link === undefined;
    // A carrier that connected and was silent all the same may be no way to the server.
    if (!wasOnDatagrams && this.#link?.remote.isLost === false) this.#options.dialer.rotate();
    try {
      // Connecting takes a while, in which the fault may have gone.
      const moved = await this.move(
        () => fault === 'lossy' || this.#isSilent(this.#options.driver.now()),
      );
      if (moved && wasOnDatagrams) {
        this.#leaveDatagrams(now, fault === 'lossy' ? LOSS_RETURN_MS : FIRST_RETURN_MS);
      }
      if (moved) this.#retryMs = FIRST_RETRY_MS;
    } catch {
      // The next try says more, or the idle timeout ends the session.
    } finally {
      this.#isDialing = false;
      this.#retryAt = this.#options.driver.now() + this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
    }
  }

  #leaveDatagrams(now: number, waitMs: number): void {
    const isRelapse = now - this.#returnedAt < RELAPSE_MS;
    this.#returnMs = isRelapse ? Math.min(2 * this.#returnMs, MAX_RETURN_MS) : waitMs;
    this.#returnAt = now + this.#returnMs;
  }

  /** A path for datagrams stands by; its challenges are repeated until one is answered. */
  #probeDatagrams(now: number): void {
    const { connection, datagramsTo, driver } = this.#options;
    if (datagramsTo === undefined || connection.leadsTo(datagramsTo)) return;
    if (connection.probe(datagramsTo, now)) driver.schedule();
  }

  /** Who only receives would not notice that nothing can come any more. */
  #askIfSilent(now: number): void {
    const { connection, driver } = this.#options;
    const { payloadBytesReceived } = connection.counters;
    if (payloadBytesReceived !== this.#seenBytes) {
      this.#seenBytes = payloadBytesReceived;
      this.#seenAt = now;
      this.#hasAsked = false;
    } else if (!this.#hasAsked && now - this.#seenAt > ASK_AFTER_MS) {
      this.#hasAsked = true;
      connection.ping(now);
      driver.schedule();
    }
  }

  #release(): void {
    if (this.#link !== undefined) this.#options.hub.drop(this.#link);
    this.#link = undefined;
  }
}
