import type { ResolvedConfig } from '../config.js';
import type { TransportParams } from '../handshake/params.js';
import type { Role } from '../handshake/registry.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { FlowView } from '../recovery/flow-view.js';
import type { CloseInfo } from './closing.js';
import type { ConnectionCounters } from './connection-options.js';
import type { DropCounters } from './drop-reason.js';
import type { RestableSession } from './restable-session.js';

/** How quiet a peer is, ms. */
export interface PeerSilence {
  /** Since it was last heard. */
  readonly quietMs: number;
  /** How long it has not answered what waits for an answer; 0 when nothing does. */
  readonly unansweredMs: number;
}

/** What a connection tells about itself without anything being done to it. */
export class ConnectionView {
  protected readonly session: RestableSession;

  constructor(session: RestableSession) {
    this.session = session;
  }

  /** Whether the active path leads to `remote`, or a newer one; those that were left do not count. */
  leadsTo(remote: RemoteAddress): boolean {
    const { resting, live } = this.session;
    if (resting !== undefined) return resting.remote === remote;
    return live?.paths.leadingTo(remote) !== undefined;
  }

  /** How long the peer has not answered what waits for an answer on the active path, ms. */
  silenceMs(now: number): number {
    const parts = this.session.live;
    const oldest = parts?.paths.active.sent.outstanding.first;
    if (parts === undefined || oldest === undefined) return 0;
    return now - Math.max(parts.liveness.lastReceived, oldest.sentAt);
  }

  /** How quiet the peer is; of a session at rest, about so. */
  silence(now: number): PeerSilence {
    const { resting, live } = this.session;
    const lastReceived = resting?.lastActivity ?? live?.liveness.lastReceived ?? now;
    return { quietMs: Math.max(0, now - lastReceived), unansweredMs: this.silenceMs(now) };
  }

  /** The probe timeout of the active path, without backoff, ms. */
  get ptoMs(): number {
    return this.session.parts.paths.active.ptoMs;
  }

  /** Where its paths lead. */
  get remotes(): readonly RemoteAddress[] {
    const { resting, live } = this.session;
    if (resting !== undefined) return [resting.remote];
    return live?.paths.all().map((path) => path.remote) ?? [];
  }

  /** When anything was last sent or received. */
  get lastActivity(): number {
    return this.session.resting?.lastActivity ?? this.session.parts.liveness.lastActivity;
  }

  get role(): Role {
    return this.session.known.options.handshake.role;
  }

  get isEstablished(): boolean {
    return this.session.live?.established ?? true;
  }

  /** Whether CLOSE was sent or received, or the peer is gone. */
  get isEnded(): boolean {
    return this.session.live?.isEnded ?? false;
  }

  /** Whether nothing more will come of it: the endpoint forgets it. */
  get isClosed(): boolean {
    return this.session.live?.closing.phase === 'closed';
  }

  /** What the CLOSE said that ended it; code 0 before the end. */
  get endInfo(): CloseInfo {
    return this.session.parts.closing.info;
  }

  /** The session id, 32 bytes (SPEC 4.3). */
  get sid(): Uint8Array {
    return this.session.known.options.handshake.sid;
  }

  /** The peer's Ed25519 identity. */
  get peerKey(): Uint8Array {
    const { handshake } = this.session.known.options;
    return this.role === 'client' ? handshake.serverKey : handshake.clientKey;
  }

  get peerParams(): TransportParams {
    return this.session.known.options.handshake.peerParams;
  }

  get config(): ResolvedConfig {
    return this.session.known.options.config;
  }

  /** The address that data goes to. */
  get remote(): RemoteAddress {
    return this.session.resting?.remote ?? this.session.parts.paths.active.remote;
  }

  /** The key epoch that this side sends under. */
  get epoch(): number {
    return this.session.parts.keys.sending.epoch;
  }

  /** A secret that both peers share in this epoch, 32 bytes (SPEC 5.1). */
  sharedSecret(): Uint8Array {
    return this.session.parts.keys.sending.secrets.sharedSecret();
  }

  get counters(): ConnectionCounters {
    return this.session.known.counters;
  }

  get drops(): DropCounters {
    return this.session.known.drops;
  }

  /** Recovery of the active path, in the guide's terms. */
  get flow(): FlowView {
    return this.session.parts.flow();
  }

  /** Peer messages that verified statements cover, a lane: R, L. */
  get verifiedThrough(): readonly [number, number] {
    const { reader } = this.session.parts.checkpoints;
    return [reader.verifiedThrough(0), reader.verifiedThrough(1)];
  }

  /** Messages of this side so far, a lane: R, L. */
  get sentThrough(): readonly [number, number] {
    const { own } = this.session.parts.chains;
    return [own[0].through, own[1].through];
  }
}
