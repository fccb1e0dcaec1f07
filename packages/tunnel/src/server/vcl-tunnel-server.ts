import { randomInt } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import { encodePublicKey, type VCLConnection, VCLListener } from 'vcl-protocol';
import { parseIp } from '../core/ip/ip-address.js';
import { PeerRoutes } from '../core/routing/peer-routes.js';
import { type Outcome, SessionTable } from '../core/routing/session-table.js';
import {
  type ConfigureMessage,
  RefusalCode,
  TUNNEL_VERSION,
  type TunnelMessage,
  type TunnelPrefix,
} from '../core/wire/tunnel-message.js';
import { openTunDevice } from '../device/open-device.js';
import type { TunDevice } from '../device/tun-device.js';
import { SESSION_IDLE_MS, sessionConfig } from '../link/session-config.js';
import { type LinkPeer, type LinkRouter, TunLink } from '../link/tun-link.js';
import { type Runner, runCommand } from '../system/command.js';
import { configureInterface, GSO_MAX_SEGMENTS } from '../system/interfaces.js';
import { journalPath, SystemJournal } from '../system/journal.js';
import { planServer } from '../system/server-plan.js';
import { PeerAdmission } from './peer-admission.js';
import {
  resolveServerOptions,
  type ServerSettings,
  type TunnelServerOptions,
} from './server-options.js';
import { ServerPeer, type ServerPeerHost } from './server-peer.js';
import { describeServer, type ServerStatus } from './server-status.js';

/** How a server reaches the system; for tests and for those who bring their own device. */
export interface TunnelServerParts {
  /** A device that is open already; then the system is left as it is. */
  readonly tun?: TunDevice;
  readonly run?: Runner;
  /** Default: see `journalPath`. */
  readonly journal?: string;
}

/** How long a client has to say what it wants, ms. */
const CONFIGURE_TIMEOUT_MS = 10_000;

/** A tunnel server: many clients on one socket, each with addresses of its own. */
export class VCLTunnelServer implements AsyncDisposable, LinkRouter, ServerPeerHost {
  readonly settings: ServerSettings;
  readonly startedAt: number = Date.now();
  readonly #admission: PeerAdmission;
  readonly #routes: PeerRoutes<ServerPeer>;
  readonly #table: SessionTable<ServerPeer>;
  readonly #peers = new Set<ServerPeer>();
  readonly #link: TunLink;
  #listener: VCLListener | undefined;
  #journal: SystemJournal | undefined;
  #unwatch: (() => void) | undefined;
  #tableTimer: NodeJS.Timeout | undefined;
  #expiryTimer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  /**
   * Opens the interface, sets the system up, and accepts clients.
   *
   * @throws VCLError `InvalidConfig` that names the option; `IoError` for what the system refuses;
   * then nothing is left changed
   */
  static async start(
    options: TunnelServerOptions,
    parts: TunnelServerParts = {},
  ): Promise<VCLTunnelServer> {
    const settings = resolveServerOptions(options);
    const admission = await PeerAdmission.open(settings.store, settings.addresses);
    const { device, mtu } = settings;
    const path = parts.journal ?? journalPath(device);
    const journal = parts.tun === undefined ? await SystemJournal.open({ path }) : undefined;
    const tun = parts.tun ?? openTunDevice({ name: device, mtu });
    const server = new VCLTunnelServer(settings, admission, tun);
    server.#journal = journal;
    try {
      if (journal !== undefined) await server.#setUp(journal, parts.run ?? runCommand);
      await server.#listen();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(settings: ServerSettings, admission: PeerAdmission, tun: TunDevice) {
    this.settings = settings;
    this.#admission = admission;
    this.#routes = new PeerRoutes(settings.clientToClient);
    this.#table = new SessionTable({
      sessionsPerKey: settings.sessionsPerKey,
      ptoMs: (peer) => peer.ptoMs,
    });
    this.#link = new TunLink(tun, this, randomInt(2 ** 32));
  }

  /** Where clients connect to, and under which key they know the server. */
  get address(): { readonly host: string; readonly port: number; readonly publicKey: string } {
    const { address, port } = this.#listener!.localAddress();
    return { host: address, port, publicKey: encodePublicKey(this.#listener!.getPublicKey()) };
  }

  /** What goes on, at present. */
  status(): ServerStatus {
    return describeServer(this, this.#peers, this.#link);
  }

  /** Ends all sessions in order and takes back all changes of the system. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  peerFor(bytes: Uint8Array, start: number): LinkPeer | undefined {
    return this.#routes.destinationOf(bytes, start);
  }

  onDeviceLost(error: Error): void {
    this.settings.logger?.error({ error }, 'the interface is gone');
    void this.stop();
  }

  onPacket(
    peer: ServerPeer,
    bytes: Uint8Array,
    start: number,
    end: number,
    isPartial: boolean,
  ): void {
    const routes = this.#routes;
    if (!routes.isAllowedSource(peer, bytes, start)) {
      peer.drops.foreignSource++;
      return;
    }
    if (routes.clientToClient === 'deny' && routes.destinationOf(bytes, start) !== undefined) {
      peer.drops.clientToClient++;
      return;
    }
    this.#link.onPacket(bytes, start, end, isPartial);
  }

  onMessage(peer: ServerPeer, message: TunnelMessage): void {
    if (message.type !== 'configure' || peer.place !== undefined) return;
    this.#configure(peer, message).catch((error: unknown) => {
      this.settings.logger?.error({ error, peer: peer.key }, 'a client could not be let in');
      this.#refuse(peer, RefusalCode.Other, 'the server has a fault: try again later');
    });
  }

  onEnded(peer: ServerPeer): void {
    this.#peers.delete(peer);
    this.#routes.remove(peer);
    const { place } = peer;
    peer.place = undefined;
    if (place !== undefined) {
      this.settings.logger?.info({ peer: peer.key, name: peer.name }, 'client gone');
      this.#admission.release(peer.key, place.slot).catch((error: unknown) => {
        this.settings.logger?.error({ error }, 'a lease could not be written');
      });
    }
    this.#settle(this.#table.ended(peer));
  }

  async #setUp(journal: SystemJournal, run: Runner): Promise<void> {
    const { addresses, mtu, nat } = this.settings;
    const { name, offloads } = this.#link.device;
    await configureInterface(
      name,
      {
        addresses: addresses.map(String),
        mtu,
        ...(offloads ? { gsoMaxSegments: GSO_MAX_SEGMENTS } : {}),
      },
      run,
    );
    const pools = addresses.map((prefix) => prefix.network);
    await journal.apply(...(await planServer({ device: name, pools, nat })));
  }

  async #listen(): Promise<void> {
    const { settings } = this;
    const { listen, identity, mtu, carriers, logger } = settings;
    this.#listener = await VCLListener.bind(listen, {
      identity,
      clients: { authorize: (key) => this.#admission.mayConnect(encodePublicKey(key)) },
      config: sessionConfig(mtu),
      idleTimeoutMs: SESSION_IDLE_MS,
      ...(carriers === undefined ? {} : { carriers }),
      ...(logger === undefined ? {} : { logger }),
    });
    this.#link.start();
    this.#unwatch = await settings.store.watch(() => this.#onStoreChanged());
    this.#awaitExpiry();
    void this.#acceptAll(this.#listener);
  }

  async #acceptAll(listener: VCLListener): Promise<void> {
    try {
      for await (const connection of listener) this.#begin(connection);
    } catch (error) {
      this.settings.logger?.error({ error }, 'no more clients can be accepted');
    }
  }

  #begin(connection: VCLConnection): void {
    const peer = new ServerPeer(connection, this.settings.mtu, this);
    this.#peers.add(peer);
    setTimeout(() => {
      if (peer.place === undefined && peer.name === '') void peer.session.close();
    }, CONFIGURE_TIMEOUT_MS).unref();
  }

  async #configure(peer: ServerPeer, message: ConfigureMessage): Promise<void> {
    if (message.version !== TUNNEL_VERSION) {
      this.#refuse(peer, RefusalCode.Version, `the server speaks version ${TUNNEL_VERSION}`);
      return;
    }
    peer.name = message.name || peer.key.slice(-8);
    peer.mtu = Math.min(this.settings.mtu, message.mtu);
    const answer = await this.#admission.admit(peer.key, message.name, message.invitation);
    if (!answer.ok) {
      this.#refuse(peer, RefusalCode.NotAllowed, answer.reason);
      return;
    }
    if (peer.session.isEnded) return;
    const arrival = this.#table.arrive(peer.key, peer, performance.now());
    if (arrival.verdict === 'accept') {
      await this.#place(peer, arrival.slot);
      return;
    }
    if (arrival.displaced !== undefined) this.#refuseInUse(arrival.displaced);
    for (const rival of arrival.rivals) this.#challenge(rival);
    this.#awaitTable();
  }

  /** Asks a session whether it is alive, as another one of its key has come (rule K8). */
  #challenge(rival: ServerPeer): void {
    rival.session.connection.ping().then(
      () => this.#settle(this.#table.answered(rival)),
      () => {},
    );
  }

  #settle(outcome: Outcome<ServerPeer> | undefined): void {
    if (outcome === undefined) return;
    if (outcome.verdict === 'refuse') {
      this.#refuseInUse(outcome.session);
      return;
    }
    const { session, slot, replaced } = outcome;
    this.#replace(session, slot, replaced).catch((error: unknown) => {
      this.settings.logger?.error({ error, peer: session.key }, 'a client could not be let in');
      this.#refuse(session, RefusalCode.Other, 'the server has a fault: try again later');
    });
  }

  async #replace(peer: ServerPeer, slot: number, replaced: ServerPeer | undefined): Promise<void> {
    if (replaced !== undefined) {
      const { place } = replaced;
      replaced.place = undefined;
      this.#routes.remove(replaced);
      replaced.session.connection.abort();
      if (place !== undefined) await this.#admission.release(replaced.key, place.slot);
    }
    await this.#place(peer, slot);
  }

  #awaitTable(): void {
    clearTimeout(this.#tableTimer);
    const at = this.#table.nextMs;
    if (at === undefined) return;
    const delayMs = Math.max(1, Math.ceil(at - performance.now()));
    this.#tableTimer = setTimeout(() => {
      for (const outcome of this.#table.poll(performance.now())) this.#settle(outcome);
      this.#awaitTable();
    }, delayMs);
  }

  async #place(peer: ServerPeer, slot: number): Promise<void> {
    const answer = await this.#admission.place(peer.key, slot);
    if (!answer.ok) {
      this.#settle(this.#table.ended(peer));
      this.#refuse(peer, RefusalCode.NoAddress, answer.reason);
      return;
    }
    const { lease, prefixes } = answer;
    if (peer.session.isEnded) {
      await this.#admission.release(peer.key, slot);
      return;
    }
    peer.place = { lease, slot, prefixes };
    this.#routes.add(peer, prefixes);
    this.#sayConfigured(peer);
    const { v4, v6 } = lease;
    this.settings.logger?.info({ peer: peer.key, name: peer.name, v4, v6 }, 'client configured');
  }

  #sayConfigured(peer: ServerPeer): void {
    const { addresses, routes, resolvers } = this.settings;
    const { v4, v6 } = peer.place!.lease;
    peer.session.say({
      type: 'configured',
      version: TUNNEL_VERSION,
      mtu: peer.mtu,
      addresses: [v4, v6].flatMap((text) => this.#inItsNetwork(text)),
      routes,
      gateways: addresses.map(({ address }) => address),
      resolvers,
    });
  }

  /** A client's address with the length of the network it is in; one outside of all stands alone. */
  #inItsNetwork(text: string | undefined): TunnelPrefix[] {
    const address = text === undefined ? undefined : parseIp(text);
    if (address === undefined) return [];
    const network = this.settings.addresses.find((own) => own.contains(address));
    return [{ address, bits: network?.bits ?? 8 * address.length }];
  }

  #refuseInUse(peer: ServerPeer): void {
    const reason = 'this key is connected already, and that session is alive';
    this.#refuse(peer, RefusalCode.InUse, reason);
  }

  #refuse(peer: ServerPeer, code: number, reason: string): void {
    this.settings.logger?.warn({ peer: peer.key, name: peer.name, reason }, 'client refused');
    peer.session.say({ type: 'refused', code, reason });
    void peer.session.close();
  }

  #onStoreChanged(): void {
    this.#refresh().catch((error: unknown) => {
      this.settings.logger?.error({ error }, 'the peers cannot be read: those read before stay');
    });
  }

  async #refresh(): Promise<void> {
    const { ended } = await this.#admission.refresh();
    const now = Date.now();
    for (const peer of [...this.#peers]) {
      if (peer.place === undefined) continue;
      const isAdmitted = this.#admission.directory.admission(peer.key, now) === 'admitted';
      if (isAdmitted && !ended.has(peer.key)) continue;
      // One that may come back does so by itself, and finds what has changed.
      const reason = isAdmitted ? 'its settings have changed' : 'this key is not allowed any more';
      this.#refuse(peer, isAdmitted ? RefusalCode.Other : RefusalCode.NotAllowed, reason);
      this.#routes.remove(peer);
    }
    this.#awaitExpiry();
  }

  #awaitExpiry(): void {
    clearTimeout(this.#expiryTimer);
    const now = Date.now();
    const at = this.#admission.directory.nextExpiry(now);
    if (at === undefined) return;
    const delayMs = Math.min(at - now + 1, 2 ** 31 - 1);
    this.#expiryTimer = setTimeout(() => this.#onStoreChanged(), delayMs).unref();
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#tableTimer);
    clearTimeout(this.#expiryTimer);
    this.#unwatch?.();
    await this.#listener?.close({ lingerMs: 1_000 }).catch(() => {});
    await this.#link.device.close();
    await this.#journal?.close();
  }
}

/** @throws VCLError `InvalidConfig` when a field differs that cannot change while the server runs */
export function requireSameSettings(now: ServerSettings, wanted: ServerSettings): void {
  for (const name of ['listen', 'identity', 'device', 'mtu', 'nat', 'sessionsPerKey'] as const) {
    if (now[name] === wanted[name]) continue;
    throw new VCLError('InvalidConfig', `${name} cannot change while the server runs: restart it`);
  }
}
