import { hex } from '@vcl-protocol/core';

/** What a packet of the guide carries. {@link VCLPacket}s that are received are `Data`. */
export const PacketType = {
  Data: 'data',
  Ping: 'ping',
  Pong: 'pong',
  KeyRotation: 'key-rotation',
  Fragment: 'fragment',
} as const;
/** One of the {@link PacketType} values. */
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** The ordered, reliable lane or the lossy one (SPEC 7). */
export type LaneName = 'reliable' | 'lossy';

/** How far the statements of the peer cover a lane. One object a lane, shared by its packets. */
export interface VerifiedHead {
  /** Messages with a smaller number are covered by a verified statement (SPEC 1). */
  readonly through: number;
}

/** What a driver knows about a message it delivers. */
export interface VCLPacketFields {
  /** Number of the message in its lane, from 0. */
  readonly number: number;
  readonly lane: LaneName;
  /** The application's number for the message: 0 to 65,535. Default 0. */
  readonly type?: number;
  /** Default `PacketType.Data`. */
  readonly packetType?: PacketType;
  /** The message. Not copied. */
  readonly payload: Uint8Array;
  /** When it was received, in milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** The leaf of the message in the chain (SPEC 8.1): 32 bytes. Not copied. */
  readonly hash: Uint8Array;
  /** How far the message's lane is verified. */
  readonly verifiedHead: VerifiedHead;
}

/** Invalid UTF-8 becomes U+FFFD; a byte order mark is text like any other. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A message as it was received. Printing it or turning it to JSON shows no payload. */
export class VCLPacket {
  /** Number of the message in its lane, from 0. */
  readonly number: number;
  /** The lane it travelled in. */
  readonly lane: LaneName;
  /** The application's number for the message, as given to `send`: 0 to 65,535. */
  readonly type: number;
  /** The guide's kind of packet. */
  readonly packetType: PacketType;
  /** The message. It belongs to the receiver of the packet. */
  readonly payload: Uint8Array;
  /** When it was received, in milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** The leaf of the message in the chain (SPEC 8.1): 32 bytes. */
  readonly hash: Uint8Array;
  readonly #verifiedHead: VerifiedHead;

  constructor(fields: VCLPacketFields) {
    this.number = fields.number;
    this.lane = fields.lane;
    this.type = fields.type ?? 0;
    this.packetType = fields.packetType ?? PacketType.Data;
    this.payload = fields.payload;
    this.receivedAt = fields.receivedAt;
    this.hash = fields.hash;
    this.#verifiedHead = fields.verifiedHead;
  }

  /** {@link number} in the guide's type. */
  get sequence(): bigint {
    return BigInt(this.number);
  }

  /**
   * Whether a verified statement of the peer covers the message. Always true under `signed`
   * delivery; under `authenticated` it turns true when the statement has come (SPEC 8.5).
   */
  get verified(): boolean {
    return this.number < this.#verifiedHead.through;
  }

  /** The payload as UTF-8; invalid bytes become U+FFFD. */
  text(): string {
    return utf8.decode(this.payload);
  }

  /** Everything but the payload, of which the length is told. */
  toJSON(): VCLPacketSummary {
    return {
      sequence: this.number,
      lane: this.lane,
      type: this.type,
      packetType: this.packetType,
      payloadBytes: this.payload.length,
      verified: this.verified,
      receivedAt: this.receivedAt,
      hash: hex(this.hash),
    };
  }

  static {
    // What console.log shows in Node; elsewhere the property is nobody's business.
    Object.defineProperty(VCLPacket.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: VCLPacket): string {
        return `VCLPacket ${JSON.stringify(this)}`;
      },
    });
  }
}

/** A {@link VCLPacket} without its payload. */
export interface VCLPacketSummary {
  readonly sequence: number;
  readonly lane: LaneName;
  readonly type: number;
  readonly packetType: PacketType;
  readonly payloadBytes: number;
  readonly verified: boolean;
  readonly receivedAt: number;
  /** The leaf in hex. */
  readonly hash: string;
}
