import type { Logger } from 'vcl-protocol';
import { parseIp } from '../core/ip/ip-address.js';
import type { PeerRoutes } from '../core/routing/peer-routes.js';
import { type Outcome, SessionTable } from '../core/routing/session-table.js';
import {
  type ConfigureMessage,
  RefusalCode,
  TUNNEL_VERSION,
  type TunnelPrefix,
} from '../core/wire/tunnel-message.js';
import type { PeerAdmission } from './peer-admission.js';
import type { ServerSettings } from './server-options.js';
import type { ServerPeer } from './server-peer.js';

/** What a desk works with. */
export interface ClientDeskOptions {
  readonly settings: () => ServerSettings;
  readonly admission: PeerAdmission;
  readonly routes: PeerRoutes<ServerPeer>;
}

/** Gives clients their places, and takes them back: who is let in, with which addresses, once a key. */
export class ClientDesk {
  readonly #options: ClientDeskOptions;
  readonly #table: SessionTable<ServerPeer>;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClientDeskOptions) {
    this.#options = options;
    this.#table = new SessionTable({
      sessionsPerKey: options.settings().sessionsPerKey,
      ptoMs: (peer) => peer.ptoMs,
    });
  }

  /** CONFIGURE of a client; what it says after the first one counts for nothing. */
  configure(peer: ServerPeer, message: ConfigureMessage): void {
    if (peer.hasAsked) return;
    peer.hasAsked = true;
    peer.wanted = message.addresses;
    this.#configure(peer, message).catch((error: unknown) => this.#onFault(peer, error));
  }

  /** The session of a client has ended. */
  onEnded(peer: ServerPeer): void {
    const { routes, admission } = this.#options;
    routes.remove(peer);
    const { place } = peer;
    peer.place = undefined;
    if (place !== undefined) {
      this.#logger?.info({ peer: peer.key, name: peer.name }, 'client gone');
      admission.release(peer.key, place.slot).catch((error: unknown) => {
        this.#logger?.error({ error }, 'a lease could not be written');
      });
    }
    this.#settle(this.#table.ended(peer));
  }

  /** Ends the sessions of keys that are not let in any more, and of those that are to come anew. */
  expel(peers: Iterable<ServerPeer>, ended: ReadonlySet<string>): void {
    const now = Date.now();
    for (const peer of [...peers]) {
      const isAdmitted = this.#options.admission.directory.admission(peer.key, now) === 'admitted';
      if (!isAdmitted && peer.isAdmitted) this.#refuseRemoved(peer);
      // One that may come back does so by itself, and finds what has changed.
      else if (peer.place !== undefined && ended.has(peer.key))
        this.refuse(peer, RefusalCode.Other, 'its settings have changed');
    }
  }

  /** Ends a client's session with a reason that it is told. */
  refuse(peer: ServerPeer, code: RefusalCode, reason: string): void {
    this.#logger?.warn({ peer: peer.key, name: peer.name, reason }, 'client refused');
    peer.session.say({ type: 'refused', code, reason });
    this.#options.routes.remove(peer);
    void peer.session.close();
  }

  /** Tells a client its place, again when what belongs to it has changed. */
  sayConfigured(peer: ServerPeer): void {
    const { addresses, routes, resolvers } = this.#options.settings();
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

  /** Nobody is let in any more. */
  close(): void {
    clearTimeout(this.#timer);
  }

  get #logger(): Logger | undefined {
    return this.#options.settings().logger;
  }

  async #configure(peer: ServerPeer, message: ConfigureMessage): Promise<void> {
    if (message.version !== TUNNEL_VERSION) {
      this.refuse(peer, RefusalCode.Version, `the server speaks version ${TUNNEL_VERSION}`);
      return;
    }
    peer.name = message.name || peer.key.slice(-8);
    peer.mtu = Math.min(this.#options.settings().mtu, message.mtu);
    const answer = await this.#options.admission.admit(peer.key, message.name, message.invitation);
    if (!answer.ok) {
      this.refuse(peer, RefusalCode.NotAllowed, answer.reason);
      return;
    }
    peer.isAdmitted = true;
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
    this.#replace(session, slot, replaced).catch((error: unknown) => this.#onFault(session, error));
  }

  async #replace(peer: ServerPeer, slot: number, replaced: ServerPeer | undefined): Promise<void> {
    if (replaced !== undefined) {
      const { place } = replaced;
      replaced.place = undefined;
      this.#options.routes.remove(replaced);
      replaced.session.connection.abort();
      if (place !== undefined) await this.#options.admission.release(replaced.key, place.slot);
    }
    await this.#place(peer, slot);
  }

  #awaitTable(): void {
    clearTimeout(this.#timer);
    const at = this.#table.nextMs;
    if (at === undefined) return;
    const delayMs = Math.max(1, Math.ceil(at - performance.now()));
    this.#timer = setTimeout(() => {
      for (const outcome of this.#table.poll(performance.now())) this.#settle(outcome);
      this.#awaitTable();
    }, delayMs);
  }

  async #place(peer: ServerPeer, slot: number): Promise<void> {
    const { admission } = this.#options;
    const answer = await admission.place(peer.key, slot, peer.wanted);
    if (!answer.ok) {
      this.#settle(this.#table.ended(peer));
      this.refuse(peer, RefusalCode.NoAddress, answer.reason);
      return;
    }
    // It may have waited for long: what held when it came need not hold any more.
    const isAdmitted = admission.directory.admission(peer.key, Date.now()) === 'admitted';
    if (peer.session.isEnded || !isAdmitted) {
      await admission.release(peer.key, slot);
      if (!peer.session.isEnded) this.#refuseRemoved(peer);
      return;
    }
    const { lease, prefixes } = answer;
    peer.name = admission.directory.get(peer.key)?.name || peer.name;
    peer.place = { lease, slot, prefixes };
    this.#options.routes.add(peer, prefixes);
    this.sayConfigured(peer);
    const { v4, v6 } = lease;
    this.#logger?.info({ peer: peer.key, name: peer.name, v4, v6 }, 'client configured');
  }

  /** A client's address with the length of the network it is in; one outside of all stands alone. */
  #inItsNetwork(text: string | undefined): TunnelPrefix[] {
    const address = text === undefined ? undefined : parseIp(text);
    if (address === undefined) return [];
    const network = this.#options.settings().addresses.find((own) => own.contains(address));
    return [{ address, bits: network?.bits ?? 8 * address.length }];
  }

  #refuseRemoved(peer: ServerPeer): void {
    peer.isAdmitted = false;
    this.refuse(peer, RefusalCode.NotAllowed, 'this key is not allowed any more');
  }

  #refuseInUse(peer: ServerPeer): void {
    const reason = 'this key is connected already, and that session is alive';
    this.refuse(peer, RefusalCode.InUse, reason);
  }

  #onFault(peer: ServerPeer, error: unknown): void {
    this.#logger?.error({ error, peer: peer.key }, 'a client could not be let in');
    this.refuse(peer, RefusalCode.Other, 'the server has a fault: try again later');
  }
}
