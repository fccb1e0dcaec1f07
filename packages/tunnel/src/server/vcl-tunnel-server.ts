import { randomInt } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import { encodePublicKey, type VCLConnection, VCLListener } from 'vcl-protocol';
import { asError } from '../core/as-error.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import { FrameMemory } from '../core/queue/frame-memory.js';
import { PeerRoutes } from '../core/routing/peer-routes.js';
import type { TunnelMessage } from '../core/wire/tunnel-message.js';
import type { TunDevice } from '../device/tun-device.js';
import { closeInterface, openInterface, type SystemParts } from '../link/open-interface.js';
import { SESSION_IDLE_MS, sessionConfig } from '../link/session-config.js';
import { type LinkPeer, type LinkRouter, TunLink } from '../link/tun-link.js';
import type { SystemJournal } from '../system/journal.js';
import { ClientDesk } from './client-desk.js';
import { PeerAdmission } from './peer-admission.js';
import { ServerNetwork } from './server-network.js';
import {
  requireSameSettings,
  resolveServerOptions,
  type ServerSettings,
  type TunnelServerOptions,
} from './server-options.js';
import { ServerPeer, type ServerPeerHost } from './server-peer.js';
import { describeServer, type ServerStatus } from './server-status.js';

/** How long a client has to say what it wants, ms. */
const CONFIGURE_TIMEOUT_MS = 10_000;
/** After which a store that cannot be read is read again, ms. */
const RETRY_MS = 2_000;
/** Clients without a place, at a time: while an invitation is open, anybody may be one. */
const MAX_STRANGERS = 256;

/** A tunnel server: many clients on one socket, each with addresses of its own. */
export class VCLTunnelServer implements AsyncDisposable, LinkRouter, ServerPeerHost {
  #settings: ServerSettings;
  readonly startedAt: number = Date.now();
  readonly #admission: PeerAdmission;
  readonly #routes: PeerRoutes<ServerPeer>;
  readonly #desk: ClientDesk;
  readonly #peers = new Set<ServerPeer>();
  readonly memory: FrameMemory = new FrameMemory();
  readonly #link: TunLink;
  #listener: VCLListener | undefined;
  #journal: SystemJournal | undefined;
  #network: ServerNetwork | undefined;
  #unwatch: (() => void) | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;
  #failure: Error | undefined;
  #tellEnded: () => void = () => {};
  /** Resolves when the server has ended; with the reason, unless {@link stop} was called before. */
  readonly ended: Promise<Error | undefined> = new Promise((resolve) => {
    this.#tellEnded = () => resolve(this.#failure);
  });

  /**
   * Opens the interface, sets the system up, and accepts clients.
   *
   * @throws VCLError `InvalidConfig` that names the option; `IoError` for what the system refuses;
   * then nothing is left changed
   */
  static async start(
    options: TunnelServerOptions,
    parts: SystemParts = {},
  ): Promise<VCLTunnelServer> {
    const settings = resolveServerOptions(options);
    const admission = await PeerAdmission.open(settings.store, settings.addresses, settings.logger);
    const { tun, journal } = await openInterface(settings.device, settings.mtu, parts);
    const server = new VCLTunnelServer(settings, admission, tun);
    server.#journal = journal;
    try {
      if (journal !== undefined) {
        server.#network = new ServerNetwork(tun, journal, parts);
        await server.#network.setUp(settings);
        await server.#routeNetworks();
      }
      await server.#listen();
    } catch (error) {
      await server.stop().catch((undo: unknown) => {
        settings.logger?.error({ error: undo }, 'not everything could be undone');
      });
      throw error;
    }
    return server;
  }

  private constructor(settings: ServerSettings, admission: PeerAdmission, tun: TunDevice) {
    this.#settings = settings;
    this.#admission = admission;
    this.#routes = new PeerRoutes(settings.clientToClient);
    this.#desk = new ClientDesk({
      settings: () => this.#settings,
      admission,
      routes: this.#routes,
    });
    this.#link = new TunLink(tun, this, randomInt(2 ** 32));
  }

  /** Where clients connect to, and under which key they know the server. */
  get address(): { readonly host: string; readonly port: number; readonly publicKey: string } {
    const { address, port } = this.#listener!.localAddress();
    return { host: address, port, publicKey: encodePublicKey(this.#listener!.getPublicKey()) };
  }

  get settings(): ServerSettings {
    return this.#settings;
  }

  /**
   * Takes over what has changed in the options: `routes`, `resolvers`, `clientToClient`. Clients are
   * told at once.
   *
   * @throws VCLError `InvalidConfig` for what is wrong or cannot change; then nothing changes
   */
  reload(options: TunnelServerOptions): void {
    const wanted = resolveServerOptions(options);
    requireSameSettings(this.#settings, wanted);
    this.#settings = wanted;
    this.#routes.clientToClient = wanted.clientToClient;
    for (const peer of this.#peers) if (peer.place !== undefined) this.#desk.sayConfigured(peer);
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
    this.#end(error);
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
    if (message.type === 'configure') this.#desk.configure(peer, message);
  }

  onEnded(peer: ServerPeer): void {
    this.#peers.delete(peer);
    this.#desk.onEnded(peer);
  }

  /** A network that cannot be reached keeps nobody from the others. */
  async #routeNetworks(): Promise<void> {
    const networks = this.#admission.directory.allowedNetworks(Date.now());
    try {
      await this.#network?.routeTo(networks.map((text) => IpPrefix.parse(text)));
    } catch (error) {
      this.settings.logger?.error({ error }, 'not all networks behind peers are reached');
    }
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
    const unwatch = await settings.store.watch(() => this.#onStoreChanged());
    if (this.#stopping !== undefined) {
      unwatch();
      throw this.#failure ?? new VCLError('ConnectionClosed', 'the server was stopped');
    }
    this.#unwatch = unwatch;
    // What has changed since it was read for the first time.
    await this.#refresh();
    void this.#acceptAll(this.#listener);
  }

  async #acceptAll(listener: VCLListener): Promise<void> {
    try {
      for await (const connection of listener) this.#begin(connection);
    } catch (error) {
      this.#end(asError(error));
    }
  }

  /** It cannot go on: there is no interface, or no socket. */
  #end(error: Error): void {
    if (this.#stopping !== undefined) return;
    this.#failure = error;
    this.settings.logger?.error({ error }, 'the server has failed');
    this.stop().catch((undo: unknown) => {
      this.settings.logger?.error({ error: undo }, 'not everything could be undone');
    });
  }

  #begin(connection: VCLConnection): void {
    const peer = new ServerPeer(connection, this.settings.mtu, this);
    // Whoever is known finds room, however many others knock.
    if (this.#isStranger(peer)) {
      const strangers = [...this.#peers].filter((other) => this.#isStranger(other)).length;
      if (strangers >= MAX_STRANGERS) {
        connection.abort();
        return;
      }
    }
    this.#peers.add(peer);
    setTimeout(() => {
      if (!peer.hasAsked) void peer.session.close();
    }, CONFIGURE_TIMEOUT_MS).unref();
  }

  #isStranger({ key }: ServerPeer): boolean {
    return this.#admission.directory.get(key) === undefined;
  }

  #onStoreChanged(): void {
    this.#refresh().catch((error: unknown) => {
      this.settings.logger?.error({ error }, 'the peers cannot be read: those read before stay');
      this.#awaitRefresh(RETRY_MS);
    });
  }

  async #refresh(): Promise<void> {
    this.#desk.expel(this.#peers, await this.#admission.refresh());
    this.#awaitExpiry();
    await this.#routeNetworks();
  }

  #awaitExpiry(): void {
    const now = Date.now();
    const at = this.#admission.directory.nextExpiry(now);
    this.#awaitRefresh(at === undefined ? undefined : Math.min(at - now + 1, 2 ** 31 - 1));
  }

  #awaitRefresh(delayMs: number | undefined): void {
    clearTimeout(this.#refreshTimer);
    if (delayMs === undefined || this.#stopping !== undefined) return;
    this.#refreshTimer = setTimeout(() => this.#onStoreChanged(), delayMs).unref();
  }

  async #stop(): Promise<void> {
    this.#desk.close();
    clearTimeout(this.#refreshTimer);
    this.#unwatch?.();
    try {
      await this.#listener?.close({ lingerMs: 1_000 }).catch(() => {});
      await closeInterface(this.#link, this.#journal);
    } finally {
      this.#tellEnded();
    }
  }
}
