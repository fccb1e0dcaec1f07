import {
  type Connection,
  type ConnectTo,
  ReliabilityMode,
  type RemoteAddress,
  TransportMode,
  VCLError,
} from '@vcl-protocol/core';
import { platform } from '#platform';
import { abortable } from '../abortable.js';
import { findCandidates } from '../candidates.js';
import { type CarrierAddress, formatAddress, parseCarrierAddress } from '../carrier-address.js';
import type { CarrierLink } from '../carrier-link.js';
import { ConnectRace, type WonBy } from '../connect-race.js';
import type { Settings } from '../settings.js';
import type { Station } from '../station.js';
import { CarrierDialer, type CarrierTarget } from './carrier-dialer.js';
import { planConnect } from './carrier-plan.js';
import { CarrierWatch } from './carrier-watch.js';

/** What {@link Reach.connect} needs. */
export interface ReachOptions {
  readonly station: Station;
  readonly to: ConnectTo;
  /** Whether the server with this key is wanted; rejects with why not. */
  readonly decide: (key: Uint8Array) => Promise<boolean>;
  /** The session is up; called within the turn in which that became known. */
  readonly onConnected: (connection: Connection, watch: CarrierWatch | undefined) => void;
}

/** A client's ways to one server: to get there, and to stay in touch. */
export class Reach {
  /** `host:port`, by which known hosts remember the server. */
  readonly host: string;
  readonly #settings: Settings;
  readonly #target: CarrierAddress;
  readonly #usesDatagrams: boolean;
  readonly #dialer: CarrierDialer;
  /** Pinned, or shown by the server in the handshake. */
  #serverKey: Uint8Array | undefined;

  /** @throws VCLError `IoError` when the address is none */
  constructor(address: string, settings: Settings) {
    const target = parseCarrierAddress(address, 'connect');
    const { datagrams, ways } = planConnect(target, settings.config, settings.carriers);
    this.#settings = settings;
    this.#target = target;
    this.#usesDatagrams = datagrams;
    this.host = formatAddress({ address: target.host, port: target.port });
    const isOnOwnNetwork = settings.hasOwnNetwork && datagrams;
    this.#dialer = new CarrierDialer(isOnOwnNetwork ? [] : ways, (way, signal) =>
      this.#dial(way, signal),
    );
  }

  /**
   * Resolves when a session is up.
   *
   * @throws VCLError why no way would do; the reason of `until`
   */
  async connect(options: ReachOptions, until: AbortSignal): Promise<void> {
    const { station } = options;
    this.#serverKey = options.to.serverKey;
    const candidates = await abortable(this.#candidates(station), until);
    const race = new ConnectRace({
      ...options,
      candidates,
      dialer: this.#dialer,
      onConnected: (connection, by) => {
        this.#serverKey = connection.peerKey;
        const datagramsTo = by.link === undefined ? connection.remote : candidates[0];
        options.onConnected(connection, this.#watch(connection, station, by, datagramsTo));
      },
    });
    await race.run(until);
  }

  #watch(
    connection: Connection,
    station: Station,
    { link, way }: WonBy,
    datagramsTo: RemoteAddress | undefined,
  ): CarrierWatch | undefined {
    if (this.#dialer.ways.length === 0) return undefined;
    if (way !== undefined) this.#dialer.prefer(way);
    const { reliability, transport } = this.#settings.config;
    const isAdaptive = reliability === ReliabilityMode.Adaptive;
    const { hub, driver } = station;
    const watch = new CarrierWatch({
      connection,
      hub,
      driver,
      dialer: this.#dialer,
      datagramsTo,
      link,
      leavesHeavyLoss: isAdaptive && transport === TransportMode.Auto,
    });
    if (link !== undefined) hub.watch(link, () => watch.onLost());
    return watch;
  }

  /** Where datagrams may go; none is an error only when nothing else leads to the server. */
  async #candidates(station: Station): Promise<readonly RemoteAddress[]> {
    const { network } = this.#settings;
    if (this.#usesDatagrams && network !== undefined && station.hub.hasDatagrams) {
      return await findCandidates(this.#target, network, station.hub);
    }
    if (this.#dialer.ways.length > 0) return [];
    throw new VCLError(
      'IoError',
      'there is no UDP here: bind with transport auto or udp, or connect to another carrier',
    );
  }

  #dial(way: CarrierTarget, signal: AbortSignal): Promise<CarrierLink> {
    const { proxy, tls, quic } = this.#settings.carriers;
    return platform.dialCarrier(way, {
      signal,
      ...(this.#serverKey === undefined ? {} : { serverKey: this.#serverKey }),
      ...(proxy === undefined ? {} : { proxy }),
      ...(tls === undefined ? {} : { tls }),
      ...(quic === undefined ? {} : { quic }),
    });
  }
}
