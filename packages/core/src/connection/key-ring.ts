import type { Aead, CryptoProvider } from '../crypto/provider.js';
import { type EpochSecrets, packetKey, packetSalt } from '../handshake/epoch-secrets.js';
import type { Direction } from '../message/reliability.js';
import type { StateCarrier } from '../state-carrier.js';

/** Rotation is due, data must stop, or the key is dead: limits of one epoch (SPEC 5.3). */
export interface KeyLimits {
  readonly packets: number;
  readonly bytes: number;
  readonly intervalMs: number;
}

const FORGERIES_ROTATE = 2 ** 35;
const FORGERIES_CLOSE = 2 ** 36;
const STOP_FACTOR = 3;
/** Statements of that many epochs may still be waiting for what they cover. */
const REMEMBERED_EPOCHS = 64;

/** Keys of one epoch: an AEAD for each path and direction, made when first used. */
export class EpochKeys {
  readonly secrets: EpochSecrets;
  /** When they were installed. */
  since: number;
  packetsSent = 0;
  bytesSent = 0;
  forgeries = 0;
  readonly #crypto: CryptoProvider;
  // Each made when first used, and gone with its last path.
  #send: Map<number, Aead> | undefined;
  #receive: Map<number, Aead> | undefined;
  readonly #sending: Direction;

  constructor(crypto: CryptoProvider, secrets: EpochSecrets, sending: Direction, now: number) {
    this.#crypto = crypto;
    this.secrets = secrets;
    this.#sending = sending;
    this.since = now;
  }

  get epoch(): number {
    return this.secrets.epoch;
  }

  sealer(pathId: number): Aead {
    this.#send ??= new Map();
    return this.#aead(this.#send, this.#sending, pathId);
  }

  opener(pathId: number): Aead {
    this.#receive ??= new Map();
    return this.#aead(this.#receive, this.#sending === 0 ? 1 : 0, pathId);
  }

  wipe(): void {
    for (const aead of this.#send?.values() ?? []) aead.wipe();
    for (const aead of this.#receive?.values() ?? []) aead.wipe();
    this.#send = undefined;
    this.#receive = undefined;
    this.secrets.wipe();
  }

  /** Wipes the keys of one path. */
  forgetPath(pathId: number): void {
    this.#send?.get(pathId)?.wipe();
    this.#receive?.get(pathId)?.wipe();
    this.#send?.delete(pathId);
    this.#receive?.delete(pathId);
    if (this.#send?.size === 0) this.#send = undefined;
    if (this.#receive?.size === 0) this.#receive = undefined;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.since = state.number(this.since);
    this.packetsSent = state.number(this.packetsSent);
    this.bytesSent = state.number(this.bytesSent);
    this.forgeries = state.number(this.forgeries);
  }

  #aead(cache: Map<number, Aead>, direction: Direction, pathId: number): Aead {
    let aead = cache.get(pathId);
    if (aead === undefined) {
      const secret = this.secrets.directionSecret(direction);
      const key = packetKey(this.#crypto, secret);
      aead = this.#crypto.createAead(key, packetSalt(this.#crypto, secret, pathId));
      key.fill(0);
      cache.set(pathId, aead);
    }
    return aead;
  }
}

/**
 * The key epochs of a session: which key seals, which opens, when a rotation is due (SPEC 5).
 * At most three live at a time: the previous one for late packets, the current, the next.
 */
export class KeyRing {
  sending: EpochKeys;
  #current: EpochKeys;
  #next: EpochKeys | undefined;
  #previous: EpochKeys | undefined;
  #previousUntil = Number.POSITIVE_INFINITY;
  readonly #crypto: CryptoProvider;
  readonly #direction: Direction;
  readonly #limits: KeyLimits;
  #eths = new Map<number, Uint8Array>();

  constructor(
    crypto: CryptoProvider,
    secrets: EpochSecrets,
    sending: Direction,
    limits: KeyLimits,
    now: number,
  ) {
    this.#crypto = crypto;
    this.#direction = sending;
    this.#limits = limits;
    this.#current = new EpochKeys(crypto, secrets, sending, now);
    this.sending = this.#current;
    this.#eths.set(secrets.epoch, secrets.eth);
  }

  /** The newest epoch that has keys. */
  get newest(): EpochKeys {
    return this.#next ?? this.#current;
  }

  /** Whether the last exchange has not been confirmed by a packet of the peer under its keys. */
  get isRotating(): boolean {
    return this.#next !== undefined;
  }

  /** `eth` of a recent epoch, for statements. */
  ethOf(epoch: number): Uint8Array | undefined {
    return this.#eths.get(epoch);
  }

  /** Installs the next epoch; the client sends under it at once, the server after hearing it. */
  install(secrets: EpochSecrets, sendNow: boolean, now: number): void {
    this.#next = new EpochKeys(this.#crypto, secrets, this.#direction, now);
    this.#eths.set(secrets.epoch, secrets.eth);
    this.#eths.delete(secrets.epoch - REMEMBERED_EPOCHS);
    if (sendNow) this.sending = this.#next;
  }

  /** The keys that a packet with these epoch bits opens with, if any live. */
  opening(epochBits: number): EpochKeys | undefined {
    if ((this.#current.epoch & 3) === epochBits) return this.#current;
    if (this.#next !== undefined && (this.#next.epoch & 3) === epochBits) return this.#next;
    if (this.#previous !== undefined && (this.#previous.epoch & 3) === epochBits) {
      return this.#previous;
    }
    return undefined;
  }

  /** A packet opened under `keys`. @returns whether that began a new epoch */
  opened(keys: EpochKeys, now: number, ptoMs: number): boolean {
    if (keys !== this.#next) return false;
    this.#previous?.wipe();
    this.#previous = this.#current;
    this.#previousUntil = now + 3 * ptoMs;
    this.#current = keys;
    this.#next = undefined;
    this.sending = keys;
    return true;
  }

  get deadline(): number {
    return this.#previousUntil;
  }

  /** Drops old keys whose time has come. */
  expire(now: number): void {
    if (now < this.#previousUntil) return;
    this.#previous?.wipe();
    this.#previous = undefined;
    this.#previousUntil = Number.POSITIVE_INFINITY;
  }

  /** Whether the sending epoch is old enough to rotate. */
  rotationDue(now: number): boolean {
    const keys = this.sending;
    return (
      keys.packetsSent >= this.#limits.packets ||
      keys.bytesSent >= this.#limits.bytes ||
      now >= this.rotationDeadline ||
      this.#forgeries >= FORGERIES_ROTATE
    );
  }

  /** When {@link rotationDue} turns true by time alone. */
  get rotationDeadline(): number {
    return this.sending.since + this.#limits.intervalMs;
  }

  /** Whether no more data may be sent under this epoch. */
  get exhausted(): boolean {
    const keys = this.sending;
    return (
      keys.packetsSent >= this.#limits.packets * STOP_FACTOR ||
      keys.bytesSent >= this.#limits.bytes * STOP_FACTOR
    );
  }

  /** Whether so many forgeries were tried that the session must end (KEY_LIMIT). */
  get forged(): boolean {
    return this.#forgeries >= FORGERIES_CLOSE;
  }

  /** A path is gone: its keys are not needed any more. */
  forgetPath(pathId: number): void {
    this.#previous?.forgetPath(pathId);
    this.#current.forgetPath(pathId);
    this.#next?.forgetPath(pathId);
  }

  wipe(): void {
    this.#previous?.wipe();
    this.#next?.wipe();
    this.#current.wipe();
  }

  /** With one epoch alive: hands the state over to a record, or takes it from one. The secrets stay objects. */
  carry(state: StateCarrier): void {
    const { secrets } = this.#current;
    const carried = state.keep(secrets);
    if (carried !== secrets) {
      this.#current = new EpochKeys(this.#crypto, carried, this.#direction, 0);
      this.sending = this.#current;
    }
    this.#current.carry(state);
    const eths = state.keep(this.#eths.size > 1 ? this.#eths : undefined);
    this.#eths = eths ?? new Map([[carried.epoch, carried.eth]]);
  }

  get #forgeries(): number {
    return Math.max(this.#current.forgeries, this.#next?.forgeries ?? 0);
  }
}
