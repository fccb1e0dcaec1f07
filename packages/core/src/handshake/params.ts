import type { DeliveryMode, EvidenceMode, SigningMode } from '../config.js';

/**
 * Post-quantum policy (SPEC 4.2): never, when both can, or no data without. `require` on one side
 * and `off` on the other exclude each other.
 */
export type PqPolicy = 'off' | 'prefer' | 'require';

/** Bytes of a ticket that names a pre-shared key (SPEC 4.2). */
export const TICKET_BYTES = 16;

/**
 * Which pre-shared key the key schedule starts from (SPEC 4.2): none, one that both sides were
 * given, or one that the 16 bytes of a ticket name.
 */
export type PskOffer = 'none' | 'external' | Uint8Array;

/** Carriers as they are numbered on the wire (SPEC 4.2). */
export const Carrier = { Udp: 1, Tcp: 2, WebSocket: 3, Quic: 4 } as const;

/** What each side tells the other about itself in its hello (SPEC 4.2), both signed. */
export interface TransportParams {
  /** Silence after which this side forgets the session, in milliseconds; 0 is never. To 2^32. */
  readonly idleTimeoutMs: number;
  /** The longest datagram this side accepts, in bytes of UDP payload: 512 to 65,535. */
  readonly maxDatagramBytes: number;
  /** The longest message this side accepts: 1 to 25,165,824 bytes. */
  readonly maxMessageBytes: number;
  /** Bytes the peer may send in lane R at first: 0 to 2^30. */
  readonly initialCreditReliableBytes: number;
  /** Bytes the peer may send in lane L at first: 0 to 2^30. */
  readonly initialCreditLossyBytes: number;
  /** Messages the peer may send in each lane at first: 1 to 16,384. */
  readonly initialCreditMessages: number;
  /** The longest this side delays an acknowledgement, in milliseconds: 0 to 1,000. */
  readonly maxAckDelayMs: number;
  /** Connection ids this side keeps for the peer: 2 to 8. */
  readonly maxCids: number;
  /** Paths the peer may have open at a time: 1 to 8. */
  readonly maxPaths: number;
  /** Statements a second this side is ready to verify: 10 to 2,000. */
  readonly maxCheckpointRate: number;
  /** Messages without a statement this side bears: 64 to 65,536. */
  readonly maxUncovered: number;
  /** Which key signs statements; both sides must name the same. */
  readonly evidence: EvidenceMode;
  /** Whether this side signs each message by itself. */
  readonly signing: SigningMode;
  /** When this side hands over what it receives. */
  readonly delivery: DeliveryMode;
  /** Post-quantum policy of this side. */
  readonly pq: PqPolicy;
  /** The {@link Carrier} numbers this side may use, 1 to 16 of them; unknown ones are ignored. */
  readonly carriers: readonly number[];
  /** Disguise profile; this version has none but 0. */
  readonly disguise: number;
  /** The pre-shared key this side uses. Set by the handshake itself. */
  readonly psk: PskOffer;
}

/** The parameters of a hello that names none (SPEC 4.2). Each call returns a new object. */
export function defaultParams(): TransportParams {
  return {
    idleTimeoutMs: 60_000,
    maxDatagramBytes: 1232,
    maxMessageBytes: 16_777_216,
    initialCreditReliableBytes: 76_800,
    initialCreditLossyBytes: 76_800,
    initialCreditMessages: 16_384,
    maxAckDelayMs: 25,
    maxCids: 8,
    maxPaths: 8,
    maxCheckpointRate: 2000,
    maxUncovered: 16_384,
    evidence: 'identity',
    signing: 'group',
    delivery: 'signed',
    pq: 'off',
    carriers: [Carrier.Udp],
    disguise: 0,
    psk: 'none',
  };
}
