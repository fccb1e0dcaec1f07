import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import {
  ControlParser,
  ControlType,
  decodeEarly,
  decodeGap,
  decodeLeafWanted,
  decodeRekeyWanted,
  decodeSigner,
  decodeStatement,
  decodeTicket,
} from '../wire/control-messages.js';
import type { ConnectionParts } from './connection-parts.js';
import { ControlReceiver } from './control-stream.js';
import { handleEarly, handleTicket } from './early-parts.js';

/** The control stream on its way in: order, messages, and who each is for (SPEC 6.3). */
export class ControlInput {
  readonly #parts: ConnectionParts;
  readonly #receiver = new ControlReceiver();
  readonly #parser = new ControlParser();
  readonly #push = (bytes: Uint8Array): void => this.#parser.push(bytes);

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** @returns 0, or the close code the peer earned */
  handle(offset: number, bytes: Uint8Array, now: number): number {
    const verdict = this.#receiver.handle(offset, bytes, this.#push);
    if (verdict === 'overflow') return CloseCode.LIMIT_EXCEEDED;
    if (verdict === 'duplicate') return 0;
    for (;;) {
      const message = this.#parser.next();
      if (message === undefined) return 0;
      if (message === 'malformed') return CloseCode.FRAME_ENCODING;
      const violation = this.#dispatch(message.type, message.body, now);
      if (violation !== 0 || this.#parts.isEnded) return violation;
    }
  }

  /** Whether nothing waits for the rest of it. */
  get isIdle(): boolean {
    return this.#receiver.isIdle && this.#parser.pendingBytes === 0;
  }

  /** While it is idle: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#receiver.carry(state);
  }

  #dispatch(type: number, body: Uint8Array, now: number): number {
    const { checkpoints, rekey } = this.#parts;
    switch (type) {
      case ControlType.STATEMENT: {
        const statement = decodeStatement(body);
        if (statement === undefined) return CloseCode.FRAME_ENCODING;
        return checkpoints.handleStatement(statement, now);
      }
      case ControlType.GAP:
        return this.#onGap(body, now);
      case ControlType.LEAF_WANTED: {
        const wanted = decodeLeafWanted(body);
        if (wanted === undefined) return CloseCode.FRAME_ENCODING;
        this.#parts.outgoing.onLeavesWanted(wanted.numbers);
        return 0;
      }
      case ControlType.SIGNER: {
        const signer = decodeSigner(body);
        return signer === undefined ? CloseCode.FRAME_ENCODING : this.#parts.onSigner(signer);
      }
      case ControlType.REKEY_INIT:
        return rekey.handleInit(body, now) ? 0 : CloseCode.PROTOCOL_VIOLATION;
      case ControlType.REKEY_RESP:
        return rekey.handleResponse(body, now) ? 0 : CloseCode.PROTOCOL_VIOLATION;
      case ControlType.REKEY_WANTED: {
        const epoch = decodeRekeyWanted(body);
        if (epoch === undefined) return CloseCode.FRAME_ENCODING;
        return rekey.handleWanted(epoch) ? 0 : CloseCode.PROTOCOL_VIOLATION;
      }
      case ControlType.TICKET: {
        const ticket = decodeTicket(body);
        return ticket === undefined
          ? CloseCode.FRAME_ENCODING
          : handleTicket(this.#parts, ticket, now);
      }
      case ControlType.EARLY: {
        const early = decodeEarly(body);
        return early === undefined ? CloseCode.FRAME_ENCODING : handleEarly(this.#parts, early);
      }
      default:
        return CloseCode.FRAME_ENCODING;
    }
  }

  #onGap(body: Uint8Array, now: number): number {
    const gap = decodeGap(body);
    if (gap === undefined) return CloseCode.FRAME_ENCODING;
    return this.#parts.incoming.handleGap(gap, now);
  }
}
