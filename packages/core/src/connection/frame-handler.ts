import type { Path } from '../path/path.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { CloseCode } from '../wire/close-codes.js';
import { FrameType, isAckEliciting, isGreaseType, isMessageType } from '../wire/frame-types.js';
import { AckBlock, decodeAck } from '../wire/frames/ack-frame.js';
import { AckFrequencyFrame, decodeAckFrequency } from '../wire/frames/ack-frequency-frame.js';
import {
  ConnectionIdFrame,
  decodeNewConnectionId,
  decodeRetireConnectionId,
} from '../wire/frames/cid-frames.js';
import { CloseFrame, decodeClose } from '../wire/frames/close-frame.js';
import { ControlFrame, decodeControl } from '../wire/frames/control-frame.js';
import { CreditFrame, decodeCredit } from '../wire/frames/credit-frame.js';
import { skipGrease } from '../wire/frames/grease-frame.js';
import { decodeMessage, MessageFrame } from '../wire/frames/message-frame.js';
import {
  decodePathAttach,
  decodePathData,
  PathAttachFrame,
  PathDataFrame,
} from '../wire/frames/path-frames.js';
import { decodePing, PingFrame } from '../wire/frames/ping-frames.js';
import { decodeVerified, VerifiedFrame } from '../wire/frames/verified-frame.js';
import { Reader } from '../wire/reader.js';
import type { ConnectionParts } from './connection-parts.js';

/** Decodes the frames of an authentic record and hands each to the part it concerns (SPEC 6). */
export class FrameHandler {
  /** Whether the last record has to be acknowledged. */
  ackEliciting = false;
  /** Whether the last record carried more than probing frames (SPEC 6.9). */
  nonProbing = false;
  readonly #parts: ConnectionParts;
  readonly #reader = new Reader();
  readonly #ack = new AckBlock();
  readonly #ackFrequency = new AckFrequencyFrame();
  readonly #cid = new ConnectionIdFrame();
  readonly #close = new CloseFrame();
  readonly #control = new ControlFrame();
  readonly #credit = new CreditFrame();
  readonly #message = new MessageFrame();
  readonly #pathData = new PathDataFrame();
  readonly #attach = new PathAttachFrame();
  readonly #ping = new PingFrame();
  readonly #verified = new VerifiedFrame();
  #ackFrequencySeen = -1;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /**
   * Handles the frames in `bytes[start, end)`. What does not decode, or breaks a rule, closes the
   * connection: it is behind the AEAD, so the peer sent it.
   *
   * @returns whether all of them were in order
   */
  handle(
    bytes: Uint8Array,
    start: number,
    end: number,
    path: Path,
    from: RemoteAddress,
    now: number,
  ): boolean {
    this.ackEliciting = false;
    this.nonProbing = false;
    const reader = this.#reader.reset(bytes, start, end);
    while (reader.remaining > 0) {
      const type = reader.varint();
      if (reader.failed) return this.#fail(CloseCode.FRAME_ENCODING, type);
      if (isAckEliciting(type)) this.ackEliciting = true;
      if (!isProbing(type)) this.nonProbing = true;
      const violation = this.#frame(type, path, from, now);
      if (violation !== 0) return this.#fail(violation, type);
      if (this.#parts.isEnded) return false;
    }
    return true;
  }

  #fail(code: number, type: number): false {
    this.#parts.fail(code, type, '');
    return false;
  }

  /** @returns 0, or the close code that the frame earned */
  #frame(type: number, path: Path, from: RemoteAddress, now: number): number {
    const reader = this.#reader;
    if (isMessageType(type)) return this.#onMessage(type, now);
    if (isGreaseType(type)) return skipGrease(reader) ? 0 : CloseCode.FRAME_ENCODING;
    switch (type) {
      case FrameType.PADDING:
        return 0;
      case FrameType.ACK:
        return this.#onAck(now);
      case FrameType.CONTROL:
        return this.#onControl(now);
      case FrameType.CREDIT:
      case FrameType.BLOCKED:
        return this.#onCredit(type);
      case FrameType.VERIFIED:
        return this.#onVerified();
      case FrameType.PING:
      case FrameType.PONG:
        return this.#onPing(type, now);
      case FrameType.ACK_FREQUENCY:
        return this.#onAckFrequency(path);
      case FrameType.HANDSHAKE_DONE:
        return this.#parts.onHandshakeDone();
      case FrameType.CLOSE:
        return this.#onClose(now);
      default:
        return this.#pathFrame(type, path, from, now);
    }
  }

  #pathFrame(type: number, path: Path, from: RemoteAddress, now: number): number {
    const { moves } = this.#parts;
    const reader = this.#reader;
    switch (type) {
      case FrameType.NEW_CONNECTION_ID: {
        const cid = this.#cid;
        if (!decodeNewConnectionId(reader, cid)) return CloseCode.FRAME_ENCODING;
        return moves.peerCids.add(cid.sequence, cid.retirePriorTo, cid.cid);
      }
      case FrameType.RETIRE_CONNECTION_ID:
        if (!decodeRetireConnectionId(reader, this.#cid)) return CloseCode.FRAME_ENCODING;
        return moves.retire(this.#cid.sequence, path, now);
      case FrameType.PATH_CHALLENGE:
        if (!decodePathData(reader, this.#pathData)) return CloseCode.FRAME_ENCODING;
        path.validation.handleChallenge(this.#pathData.data, from);
        return 0;
      case FrameType.PATH_RESPONSE:
        if (!decodePathData(reader, this.#pathData)) return CloseCode.FRAME_ENCODING;
        moves.onResponse(path, this.#pathData.data);
        return 0;
      case FrameType.PATH_ATTACH:
        return decodePathAttach(reader, this.#attach) ? 0 : CloseCode.FRAME_ENCODING;
      default:
        return CloseCode.FRAME_ENCODING;
    }
  }

  #onMessage(type: number, now: number): number {
    if (!decodeMessage(this.#reader, type, this.#message)) return CloseCode.FRAME_ENCODING;
    this.#parts.counters.payloadBytesReceived += this.#message.data.length;
    return this.#parts.incoming.handle(this.#message, now);
  }

  #onAck(now: number): number {
    const ack = this.#ack;
    if (!decodeAck(this.#reader, ack)) return CloseCode.FRAME_ENCODING;
    const path = this.#parts.paths.get(ack.pathId);
    if (path === undefined) {
      return this.#parts.paths.isRetired(ack.pathId) ? 0 : CloseCode.PROTOCOL_VIOLATION;
    }
    return path.loss.onAck(ack, now) === 'optimistic' ? CloseCode.PROTOCOL_VIOLATION : 0;
  }

  #onControl(now: number): number {
    if (!decodeControl(this.#reader, this.#control)) return CloseCode.FRAME_ENCODING;
    return this.#parts.controlIn.handle(this.#control.offset, this.#control.data, now);
  }

  #onCredit(type: number): number {
    const credit = this.#credit;
    if (!decodeCredit(this.#reader, credit)) return CloseCode.FRAME_ENCODING;
    if (type === FrameType.CREDIT) {
      this.#parts.outgoing.raiseCredit(credit.lane, credit.bytes, credit.messages);
    } else {
      this.#parts.incoming.creditWanted(credit.lane);
    }
    return 0;
  }

  #onVerified(): number {
    if (!decodeVerified(this.#reader, this.#verified)) return CloseCode.FRAME_ENCODING;
    this.#parts.checkpoints.onPeerVerified(this.#verified.statements);
    return 0;
  }

  #onPing(type: number, now: number): number {
    if (!decodePing(this.#reader, this.#ping)) return CloseCode.FRAME_ENCODING;
    if (type === FrameType.PING) this.#parts.onPing(this.#ping.id);
    else this.#parts.onPong(this.#ping.id, now);
    return 0;
  }

  #onAckFrequency(path: Path): number {
    if (!decodeAckFrequency(this.#reader, this.#ackFrequency)) return CloseCode.FRAME_ENCODING;
    const { sequence, packets } = this.#ackFrequency;
    if (sequence <= this.#ackFrequencySeen) return 0;
    this.#ackFrequencySeen = sequence;
    path.acks.setFrequency(Math.min(packets, MAX_ACK_THRESHOLD));
    return 0;
  }

  #onClose(now: number): number {
    if (!decodeClose(this.#reader, this.#close)) return CloseCode.FRAME_ENCODING;
    const { code, applicationCode, reason } = this.#close;
    this.#parts.closing.onPeerClose(code, applicationCode, reason, now);
    return 0;
  }
}

/** A peer cannot make us hold acknowledgements back for more packets than this. */
const MAX_ACK_THRESHOLD = 64;

function isProbing(type: number): boolean {
  return (
    type === FrameType.PADDING ||
    type === FrameType.PATH_CHALLENGE ||
    type === FrameType.PATH_RESPONSE ||
    type === FrameType.PATH_ATTACH ||
    type === FrameType.NEW_CONNECTION_ID
  );
}
