import { encodePublicKey, type VCLConnection } from 'vcl-protocol';
import type { IpPrefix } from '../core/ip/ip-prefix.js';
import type { Lease } from '../core/lease/peer.js';
import { type PacketTaker, TunnelPort } from '../core/port/tunnel-port.js';
import { CircuitBreaker } from '../core/queue/circuit-breaker.js';
import { FlowQueue } from '../core/queue/flow-queue.js';
import type { FrameMemory } from '../core/queue/frame-memory.js';
import type { TunnelMessage } from '../core/wire/tunnel-message.js';
import type { LinkPeer } from '../link/tun-link.js';
import { TunnelSession } from '../link/tunnel-session.js';

/** What a peer asks of its server. */
export interface ServerPeerHost {
  /** The memory of frames, which all peers share. */
  readonly memory: FrameMemory;
  onMessage(peer: ServerPeer, message: TunnelMessage): void;
  /** A packet of a peer that has its place. */
  onPacket(peer: ServerPeer, bytes: Uint8Array, start: number, end: number, partial: boolean): void;
  onEnded(peer: ServerPeer, error: unknown): void;
}

/** The place of a peer in the network. */
export interface PeerPlace {
  readonly lease: Lease;
  /** Which of the sessions of its key it is, from 0. */
  readonly slot: number;
  /** All that is reached through it, its own addresses included. */
  readonly prefixes: readonly IpPrefix[];
}

/** What of a peer was dropped. */
export interface PeerDrops {
  /** Packets from an address that is not the peer's. */
  foreignSource: number;
  /** Packets to another client, where that is not allowed. */
  clientToClient: number;
}

/** What may wait for one client. */
const QUEUE_BYTES = 1024 * 1024;
/** A probe timeout where nothing is known of the way, ms. */
const UNKNOWN_PTO_MS = 300;
const MIN_PTO_MS = 50;

/** A client with its session, from the handshake to the end. */
export class ServerPeer implements LinkPeer, PacketTaker {
  readonly session: TunnelSession;
  readonly port: TunnelPort;
  readonly queue: FlowQueue;
  /** The public key in text. */
  readonly key: string;
  readonly connectedAt: number = Date.now();
  readonly drops: PeerDrops = { foreignSource: 0, clientToClient: 0 };
  name = '';
  mtu: number;
  /** It has asked for a place, which it may do once, and for these addresses, if any. */
  hasAsked = false;
  wanted: readonly Uint8Array[] = [];
  /** It was let in, and has a place or waits for one. */
  isAdmitted = false;
  /** Once it has one. */
  place: PeerPlace | undefined;
  readonly #host: ServerPeerHost;
  #held: NodeJS.Timeout | undefined;

  constructor(connection: VCLConnection, mtu: number, host: ServerPeerHost) {
    this.#host = host;
    this.mtu = mtu;
    this.key = encodePublicKey(connection.peerIdentity!);
    this.queue = new FlowQueue({ maxBytes: QUEUE_BYTES, memory: host.memory });
    const breaker = new CircuitBreaker(() => connection.flow().srtt() ?? 0);
    this.port = new TunnelPort(this.queue, breaker, this);
    this.port.onHeld = (until) => this.#wait(until);
    this.session = new TunnelSession(connection, {
      onMessage: (message) => host.onMessage(this, message),
      onEnded: (error) => {
        clearTimeout(this.#held);
        this.queue.clear();
        host.onEnded(this, error);
      },
    });
    this.session.use(this.port);
  }

  ready(): void {
    this.session.ready();
  }

  onPacket(bytes: Uint8Array, start: number, end: number, isPartial: boolean): void {
    this.#host.onPacket(this, bytes, start, end, isPartial);
  }

  /** One probe timeout of its session, ms. */
  get ptoMs(): number {
    const flow = this.session.connection.flow();
    const srtt = flow.srtt();
    if (srtt === undefined) return UNKNOWN_PTO_MS;
    return Math.max(MIN_PTO_MS, srtt + 4 * (flow.rttvar() ?? srtt / 2));
  }

  #wait(until: number): void {
    if (this.#held !== undefined) return;
    const delayMs = Math.max(1, Math.ceil(until - performance.now()));
    this.#held = setTimeout(() => {
      this.#held = undefined;
      this.ready();
    }, delayMs);
  }
}
