import type { CryptoProvider } from '../crypto/provider.js';
import type { Role } from '../handshake/registry.js';
import { finishRekey, type RekeyInit, respondRekey, startRekey } from '../handshake/rekey.js';
import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import { ControlType, encodeRekeyWanted } from '../wire/control-messages.js';
import type { KeyRing } from './key-ring.js';
import { RekeyPace } from './rekey-pace.js';

/** What the exchange needs of its connection. */
export interface RekeyHost {
  readonly options: { readonly crypto: CryptoProvider };
  readonly keys: KeyRing;
  readonly role: Role;
  /** The time of the verb that is running. */
  readonly now: number;
  sendControl(type: number, body: Uint8Array): void;
  fail(code: number, frameType: number, reason: string): void;
  /** Keys of a new epoch are in use in both directions, as far as this side can tell. */
  onRotated(epoch: number): void;
  /** The installed epoch, for key log and session log. */
  onEpoch(): void;
}

/**
 * Key rotation (SPEC 5.3): one exchange at a time, started by the client only; the server asks. So
 * both sides may want one at once and get a single new epoch.
 */
export class RekeyExchange {
  readonly #host: RekeyHost;
  #offer: RekeyInit | undefined;
  /** The epoch whose first acknowledgement is awaited before another exchange may start. */
  #unconfirmed = -1;
  #wanted = false;
  #asked = -1;
  /** Of the exchanges that the client starts, on whichever side this is. */
  readonly #pace: RekeyPace;

  constructor(host: RekeyHost) {
    this.#host = host;
    this.#pace = new RekeyPace(this.#isInitiator);
  }

  /** Wants a new epoch as soon as the rules allow. */
  request(): void {
    this.#wanted = true;
    this.advance();
  }

  /** Whether an exchange is wanted or under way. */
  get isPending(): boolean {
    return this.#wanted || this.#isBusy;
  }

  /** When {@link advance} starts an exchange that has only to wait for its time, or Infinity. */
  get deadline(): number {
    if (!this.#wanted || !this.#isInitiator || this.#isBusy) return Number.POSITIVE_INFINITY;
    return this.#pace.nextAt;
  }

  /** Starts what may start now. */
  advance(): void {
    const { keys } = this.#host;
    if (!this.#wanted || this.#isBusy) return;
    const next = keys.newest.epoch + 1;
    if (!this.#isInitiator) {
      if (this.#asked === next) return;
      this.#asked = next;
      this.#host.sendControl(ControlType.REKEY_WANTED, encodeRekeyWanted(next));
      return;
    }
    if (!this.#pace.take(this.#host.now)) return;
    this.#wanted = false;
    this.#offer = startRekey(this.#host.options.crypto, next);
    this.#host.sendControl(ControlType.REKEY_INIT, this.#offer.body);
  }

  /** @returns whether the message was in order */
  handleInit(body: Uint8Array, now: number): boolean {
    const { keys } = this.#host;
    const { crypto } = this.#host.options;
    if (this.#isInitiator || keys.isRotating) return false;
    if (!this.#pace.take(now)) {
      this.#host.fail(CloseCode.LIMIT_EXCEEDED, 0, 'keys are rotated too often');
      return true;
    }
    const answer = respondRekey(crypto, keys.newest.epoch + 1, body);
    if (answer === undefined) return false;
    const secrets = keys.newest.secrets.next(crypto, body, answer.body, answer.dh);
    answer.dh.fill(0);
    keys.install(secrets, false, now);
    this.#host.sendControl(ControlType.REKEY_RESP, answer.body);
    this.#host.onEpoch();
    return true;
  }

  handleResponse(body: Uint8Array, now: number): boolean {
    const { keys } = this.#host;
    const { crypto } = this.#host.options;
    const offer = this.#offer;
    if (offer === undefined) return false;
    const dh = finishRekey(crypto, offer, body);
    if (dh === undefined) return false;
    const secrets = keys.newest.secrets.next(crypto, offer.body, body, dh);
    dh.fill(0);
    this.#offer = undefined;
    keys.install(secrets, true, now);
    this.#unconfirmed = secrets.epoch;
    this.#host.onEpoch();
    return true;
  }

  /** REKEY_WANTED. @returns whether the message was in order */
  handleWanted(epoch: number): boolean {
    if (!this.#isInitiator) return false;
    const newest = this.#host.keys.newest.epoch;
    if (epoch > newest + 1) return false;
    if (epoch <= newest || this.#offer !== undefined) return true;
    this.#wanted = true;
    this.advance();
    return true;
  }

  /** A packet sealed under `epoch` was acknowledged. */
  onAcked(epoch: number): void {
    if (epoch < this.#unconfirmed || this.#unconfirmed < 0) return;
    this.#host.onRotated(this.#unconfirmed);
    this.#unconfirmed = -1;
    this.advance();
  }

  /** The first packet of the peer under a new epoch opened (server). */
  onFirstHeard(epoch: number): void {
    if (this.#isInitiator) {
      this.advance();
      return;
    }
    this.#wanted = false;
    this.#host.onRotated(epoch);
  }

  /** With none pending: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#asked = state.number(this.#asked);
    this.#pace.carry(state);
  }

  get #isInitiator(): boolean {
    return this.#host.role === 'client';
  }

  get #isBusy(): boolean {
    return this.#offer !== undefined || this.#unconfirmed >= 0 || this.#host.keys.isRotating;
  }
}
