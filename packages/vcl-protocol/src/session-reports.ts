import {
  type Connection,
  type ConnectionEvent,
  closeCodeName,
  type Lane,
  type RemoteAddress,
  type VCLError,
} from '@vcl-protocol/core';
import { carrierName } from './carriers/carrier-name.js';
import { DropWatch } from './drop-watch.js';
import type { EventHub } from './events.js';
import { fingerprint } from './identity/public-key.js';
import type { Logger } from './logger.js';
import type { LaneName, VCLPacket } from './packet.js';
import { endError, type SessionEnd } from './session-end.js';

/** The lanes by their number (SPEC 1). */
export const LANE_NAMES: readonly [LaneName, LaneName] = ['reliable', 'lossy'];

/** What {@link SessionReports} needs. */
export interface SessionReportsOptions {
  readonly connection: Connection;
  readonly hub: EventHub;
  /** Rate-limited: much of what is told here the peer can provoke. */
  readonly logger: Logger;
}

/** Tells subscribers and the log what happens in a session. */
export class SessionReports {
  readonly #connection: Connection;
  readonly #hub: EventHub;
  readonly #logger: Logger;
  readonly #isVerbose: boolean;
  readonly #drops: DropWatch;
  /** What was last told of each lane. */
  readonly #verified: [number, number] = [0, 0];

  constructor({ connection, hub, logger }: SessionReportsOptions) {
    this.#connection = connection;
    this.#hub = hub;
    this.#logger = logger;
    this.#isVerbose = logger.isLevelEnabled?.('debug') ?? true;
    this.#drops = new DropWatch(connection.drops, logger, (reason, count) =>
      hub.emit({ type: 'Dropped', reason, count }),
    );
  }

  /** Tells what was dropped, now and then. @param now `Infinity` for the rest */
  checkDrops(now: number): void {
    this.#drops.check(now);
  }

  connected(): void {
    const { peerKey, role } = this.#connection;
    this.#hub.emit({ type: 'Connected', peerIdentity: peerKey.slice() });
    this.#logger.info({ role, peer: fingerprint(peerKey) }, 'session open');
  }

  received(packet: VCLPacket): void {
    const { lane, payload } = packet;
    if (this.#hub.subscriberCount > 0) {
      const size = payload.length;
      this.#hub.emit({ type: 'PacketReceived', lane, sequence: packet.sequence, size });
    }
    if (!this.#isVerbose) return;
    this.#logger.debug({ lane, number: packet.number, bytes: payload.length }, 'message received');
  }

  sent(bytes: number): void {
    if (this.#isVerbose) this.#logger.debug({ bytes }, 'message sent');
  }

  verified(lane: Lane, through: number): void {
    if (through === this.#verified[lane] || this.#hub.subscriberCount === 0) return;
    this.#verified[lane] = through;
    this.#hub.emit({ type: 'Verified', lane: LANE_NAMES[lane], through: BigInt(through) });
  }

  /** What needs no more than telling. */
  tell(event: ConnectionEvent): void {
    switch (event.type) {
      case 'unverified':
        this.#unverified(event.lane, event.from);
        break;
      case 'gap': {
        const { n, leaf } = event;
        this.#hub.emit({ type: 'Gap', lane: LANE_NAMES[1], sequence: BigInt(n), leaf });
        break;
      }
      case 'ping':
        this.#hub.emit({ type: 'PingReceived' });
        break;
      case 'pong':
        this.#hub.emit({ type: 'PongReceived', latencyMs: event.latencyMs });
        break;
      case 'keyRotated':
        this.#hub.emit({ type: 'KeyRotated', epoch: event.epoch });
        this.#logger.info({ epoch: event.epoch }, 'keys rotated');
        break;
      case 'pathChanged':
        this.#pathChanged(event.remote);
        break;
      default:
        break;
    }
  }

  /** Something failed that does not end the session. */
  failed(error: VCLError): void {
    this.#hub.emit({ type: 'Error', error });
    this.#logger.error({ error }, 'failed');
  }

  ended(end: SessionEnd): void {
    this.checkDrops(Number.POSITIVE_INFINITY);
    const { code, reason, remote } = end;
    if (!end.orderly) this.#hub.emit({ type: 'Error', error: endError(end) });
    this.#hub.emit({ type: 'Disconnected', code, reason, remote });
    this.#hub.close();
    const level = end.orderly ? 'info' : 'warn';
    this.#logger[level]({ code: closeCodeName(code), reason, remote }, 'session closed');
  }

  #unverified(lane: Lane, from: number): void {
    this.#hub.emit({ type: 'Unverified', lane: LANE_NAMES[lane], from: BigInt(from) });
    const fields = { lane: LANE_NAMES[lane], from };
    this.#logger.warn(fields, 'messages were delivered that the peer never signed');
  }

  #pathChanged(remote: RemoteAddress): void {
    const { address, port } = remote;
    const carrier = carrierName(remote);
    this.#hub.emit({ type: 'PathChanged', address, port, carrier });
    if (!this.#isVerbose) return;
    this.#logger.debug({ address, port, carrier }, 'the peer is reached elsewhere');
  }
}
