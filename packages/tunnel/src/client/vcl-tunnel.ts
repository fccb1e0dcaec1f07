import { randomInt } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import type { Logger } from 'vcl-protocol';
import { asError } from '../core/as-error.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import { keepaliveConfig } from '../core/keepalive/keepalive-config.js';
import { type PacketTaker, TunnelPort } from '../core/port/tunnel-port.js';
import { CircuitBreaker } from '../core/queue/circuit-breaker.js';
import { FlowQueue } from '../core/queue/flow-queue.js';
import { ReconnectManager } from '../core/reconnect/reconnect-manager.js';
import { SourceFilter } from '../core/routing/source-filter.js';
import { ClientMachine, TunnelState } from '../core/state/client-machine.js';
import type { ConfiguredMessage } from '../core/wire/tunnel-message.js';
import type { TunDevice } from '../device/tun-device.js';
import { closeInterface, openInterface, type SystemParts } from '../link/open-interface.js';
import { type LinkPeer, type LinkRouter, TunLink } from '../link/tun-link.js';
import type { TunnelSession } from '../link/tunnel-session.js';
import type { SystemJournal } from '../system/journal.js';
import { ClientNetwork, networksOf, prefixText } from './client-network.js';
import {
  isFinalFailure,
  type OpenedSession,
  type OpenedSessionHandler,
  openSession,
} from './open-session.js';
import { hostOf, remoteText, ServerChoice } from './server-address.js';
import type { TunnelConfig, TunnelConfigFields } from './tunnel-config.js';
import type { TunnelEvent } from './tunnel-event.js';
import { TunnelReports } from './tunnel-reports.js';
import { describeTunnel, type TunnelStats } from './tunnel-stats.js';
import { WakeTimer } from './wake-timer.js';

/** How a tunnel reaches the system. */
export interface TunnelParts extends SystemParts {
  readonly logger?: Logger;
}

/** While packets leave, the session is looked at so often, ms. */
const WATCH_MS = 1_000;

/**
 * A client's tunnel that runs by itself (guide: Tunnel Abstraction): interface, session, keepalive,
 * reconnection, change of networks. The interface stays while sessions come and go, so that what
 * goes through it only waits.
 */
export class VCLTunnel implements AsyncDisposable, LinkRouter, LinkPeer, PacketTaker {
  readonly port: TunnelPort;
  readonly config: TunnelConfigFields;
  readonly #queue = new FlowQueue();
  readonly #sources = new SourceFilter();
  readonly #machine: ClientMachine;
  readonly #link: TunLink;
  readonly #network: ClientNetwork | undefined;
  readonly #journal: SystemJournal | undefined;
  readonly #reports: TunnelReports;
  readonly #timer = new WakeTimer((hasSlept) => this.#onTime(hasSlept));
  readonly #ending = new AbortController();
  #session: TunnelSession | undefined;
  #place: ConfiguredMessage | undefined;
  #connectedAt = 0;
  readonly #servers: ServerChoice;
  #lastError: Error | undefined;
  #stopping: Promise<void> | undefined;

  /**
   * Opens the interface and begins to connect; whether that leads to something, {@link events} and
   * {@link state} tell.
   *
   * @throws VCLError `InvalidConfig` that names the field; `IoError` when there can be no interface, or
   * it cannot be read: then nothing is left open or changed
   */
  static async withConfig(config: TunnelConfig, parts: TunnelParts = {}): Promise<VCLTunnel> {
    const { fields } = config;
    const { tun, journal } = await openInterface(fields.device, fields.mtu, parts);
    try {
      const tunnel = new VCLTunnel(fields, tun, journal, parts);
      tunnel.#machine.start(performance.now());
      tunnel.#link.start();
      tunnel.#turn();
      return tunnel;
    } catch (error) {
      await closeInterface(tun, journal).catch((undo: unknown) => {
        parts.logger?.error({ error: undo }, 'not everything could be undone');
      });
      throw error;
    }
  }

  private constructor(
    config: TunnelConfigFields,
    tun: TunDevice,
    journal: SystemJournal | undefined,
    { logger, run, settings }: TunnelParts,
  ) {
    this.config = config;
    this.#servers = new ServerChoice(config.server);
    this.#reports = new TunnelReports(logger);
    this.#journal = journal;
    const reconnect = new ReconnectManager(config.reconnect, Math.random);
    this.#machine = new ClientMachine(keepaliveConfig(config.keepalive), reconnect);
    const breaker = new CircuitBreaker(() => this.#session?.connection.flow().srtt() ?? 0);
    this.port = new TunnelPort(this.#queue, breaker, this);
    this.port.onHeld = (until) => this.#timer.wakeAt(until);
    this.#link = new TunLink(tun, this, randomInt(2 ** 32));
    if (journal === undefined) return;
    const { mtu, routes } = config;
    const excluded = config.excludedRoutes.map((text) => IpPrefix.parse(text, 'excludedRoutes'));
    const network = { device: tun, journal, mtu, routes, excluded, run, settings };
    this.#network = new ClientNetwork(network);
  }

  get state(): TunnelState {
    return this.#machine.state;
  }

  /** Why there is no session, or why the last one ended. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** What happens from here on; ends when the tunnel is stopped. */
  events(): AsyncIterableIterator<TunnelEvent> {
    return this.#reports.events.subscribe();
  }

  stats(): TunnelStats {
    return describeTunnel({
      config: this.config,
      machine: this.#machine,
      carried: this.port.counters,
      link: this.#link.counters,
      foreignSource: this.#sources.dropped,
      queued: this.#queue.counters,
      connection: this.#session?.connection,
      connectedAt: this.#connectedAt,
      mtu: this.mtu,
      addresses: this.addresses,
    });
  }

  /** Ends the session in order, and takes all changes of the system back. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The network of this machine has changed: what was known of the way does not hold. */
  networkChanged(): void {
    this.#machine.onDisturbed(performance.now());
    this.#turn();
  }

  /** The addresses that the server gave, with their networks. */
  get addresses(): readonly string[] {
    return this.#place?.addresses.map(prefixText) ?? [];
  }

  get mtu(): number {
    return Math.min(this.#place?.mtu ?? Infinity, this.config.mtu);
  }

  peerFor(): LinkPeer {
    return this;
  }

  /** Packets wait. */
  ready(): void {
    if (this.#timer.hasSlept()) this.networkChanged();
    this.#session?.ready();
    this.#timer.wakeAt(performance.now() + WATCH_MS);
  }

  onPacket(bytes: Uint8Array, start: number, end: number, isPartial: boolean): void {
    if (this.#sources.takes(bytes, start)) this.#link.onPacket(bytes, start, end, isPartial);
  }

  onDeviceLost(error: Error): void {
    this.#fail(error);
  }

  /** Does what is due, and sets the timer for what will be. */
  #turn(): void {
    const now = performance.now();
    const machine = this.#machine;
    const silence = this.#session?.connection.silence();
    if (silence !== undefined) machine.onSilence(silence, now);
    for (let action = machine.poll(now); action !== undefined; action = machine.poll(now)) {
      if (action === 'connect') void this.#connect();
      else if (action === 'ping') void this.#ping();
      else this.#drop(new VCLError('Timeout', 'the server does not answer any more'));
    }
    const isBusy = (silence?.unansweredMs ?? 0) > 0;
    this.#timer.wakeAt(Math.min(machine.nextAt(now), isBusy ? now + WATCH_MS : Infinity));
  }

  #onTime(hasSlept: boolean): void {
    if (hasSlept) this.#machine.onDisturbed(performance.now());
    // What a rate cap held back may leave by now.
    this.#session?.ready();
    this.#turn();
  }

  async #connect(): Promise<void> {
    let opened: OpenedSession | undefined;
    const isCurrent = (): boolean => opened !== undefined && opened.session === this.#session;
    const handler: OpenedSessionHandler = {
      onPlaceChanged: (place) => isCurrent() && void this.#settle(place),
      onRefused: (error, isFinal) => isCurrent() && this.#onRefused(error, isFinal),
      onEnded: (error) => isCurrent() && this.#onEnded(error),
    };
    try {
      const config = { ...this.config, server: this.#servers.next() };
      const isByName = this.#session === undefined || !this.#servers.isByNumber;
      if (isByName) await this.#network?.prepare(hostOf(this.config.server));
      opened = await openSession(config, this.port, handler, this.#ending.signal);
      await this.#use(opened);
    } catch (error) {
      void opened?.session.close();
      if (this.#machine.isOver) return;
      await this.#network?.forgetAttempt().catch(() => {});
      this.#onAttemptFailed(error);
    }
    this.#turn();
  }

  async #use(opened: OpenedSession): Promise<void> {
    const { session } = opened;
    const { connection } = session;
    const address = connection.remoteAddress()?.address ?? '';
    this.#servers.reached(address);
    this.#network?.useEndpoint(address);
    let place: ConfiguredMessage;
    do {
      place = opened.place;
      await this.#network?.apply(place);
    } while (place !== opened.place);
    // All of that took time, in which anything may have happened.
    if (this.#machine.isOver) throw new VCLError('ConnectionClosed', 'the tunnel has ended');
    if (opened.refusal !== undefined) throw opened.refusal;
    if (session.isEnded) throw new VCLError('ConnectionClosed', 'the server closed the session');
    const before = this.#session;
    this.#session = session;
    this.#setPlace(place);
    this.#connectedAt = performance.now();
    this.#lastError = undefined;
    // The session beside which this one was made is of no use any more, and may not answer.
    before?.connection.abort();
    this.#machine.onConnected(performance.now());
    session.ready();
    const server = remoteText(this.#session?.connection) ?? '';
    const carrier = connection.carrier() ?? '';
    this.#reports.connected({ addresses: this.addresses, server, carrier });
  }

  /** The server has changed what it gives. */
  async #settle(place: ConfiguredMessage): Promise<void> {
    this.#setPlace(place);
    try {
      await this.#network?.apply(place);
    } catch (error) {
      this.#drop(asError(error));
    }
  }

  #setPlace(place: ConfiguredMessage): void {
    this.#place = place;
    this.#sources.restrictTo(networksOf(this.config.routes, place));
  }

  async #ping(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    try {
      const rttMs = await session.connection.ping({ signal: this.#ending.signal });
      if (session === this.#session) this.#machine.onPong(performance.now(), rttMs);
    } catch {
      // The session has ended, which is told elsewhere.
    }
    this.#turn();
  }

  #drop(reason: Error): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#lastError = reason;
    session.connection.abort();
    this.#onEnded(reason);
  }

  #onEnded(error: unknown): void {
    const session = this.#session;
    this.#session = undefined;
    if (this.#stopping !== undefined) return;
    void session?.close(); // Its socket would stay open for another one.
    const reason = error === undefined ? 'the server closed the session' : asError(error).message;
    this.#lastError ??= new VCLError('ConnectionClosed', reason);
    this.#machine.onSessionLost(performance.now());
    this.#reports.disconnected(reason);
    this.#turn();
  }

  #onRefused(error: Error, isFinal: boolean): void {
    this.#lastError = error;
    if (isFinal) this.#fail(error);
  }

  #onAttemptFailed(error: unknown): void {
    const now = performance.now();
    this.#lastError = asError(error);
    this.#machine.onAttemptFailed(now, isFinalFailure(error));
    if (this.state === TunnelState.Failed) {
      this.#fail(this.#lastError);
      return;
    }
    const nextInMs = this.#machine.reconnect.timeUntilReconnect(now);
    this.#reports.attemptFailed({ reason: this.#lastError.message, nextInMs });
  }

  /** Nothing that waiting changes: the tunnel stays down, and says why. */
  #fail(error: Error): void {
    if (this.#stopping !== undefined) return;
    this.#lastError = error;
    this.#machine.state = TunnelState.Failed;
    this.#session?.connection.abort();
    this.#session = undefined;
    this.#reports.failed(error);
  }

  async #stop(): Promise<void> {
    this.#timer.stop();
    this.#machine.stop();
    this.#ending.abort(new VCLError('ConnectionClosed', 'the tunnel was stopped'));
    await this.#session?.close();
    this.#session = undefined;
    this.#queue.clear();
    try {
      await closeInterface(this.#link, this.#journal);
    } finally {
      this.#reports.events.end();
    }
  }
}
