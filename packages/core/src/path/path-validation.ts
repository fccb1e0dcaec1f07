import type { CryptoProvider } from '../crypto/provider.js';
import type { StateCarrier } from '../state-carrier.js';
import { keptRemote, sameAddress } from './carrier-remote.js';
import type { RemoteAddress } from './remote-address.js';

/** A PATH_CHALLENGE or PATH_RESPONSE that has to leave for a certain address. */
export interface PathProbe {
  readonly kind: 'challenge' | 'response';
  readonly to: RemoteAddress;
  readonly data: Uint8Array;
}

const MAX_RESPONSES = 4;
const AMPLIFICATION = 3;
/** After so many probe timeouts without an answer the old address counts again. */
const RETURN_PTOS = 3;
/** After moves that did not prove themselves, the longest time in which no other is followed. */
const MAX_STEADY_MS = 10_000;
const MAX_DOUBLINGS = 6;
/** The interval between challenges doubles from the third on, up to this. */
const MAX_REPEAT_MS = 8_000;

/** What a PATH_RESPONSE proved: nothing, the present address, or one on another host than before. */
export type PathProof = 'none' | 'present' | 'elsewhere';

/**
 * The address of one path and how far it can be trusted (SPEC 6.9, rule D4): a move to another
 * address counts only once that address has returned a challenge, and is undone when it does not.
 */
export class PathValidation {
  remote: RemoteAddress;
  /** Whether `remote` has proved that it receives what is sent to it. */
  validated: boolean;
  readonly #crypto: CryptoProvider;
  readonly #probes: PathProbe[] = [];
  #fallback: RemoteAddress | undefined;
  #fallbackAt = Number.POSITIVE_INFINITY;
  #challenge: Uint8Array | undefined;
  #repeatAt = Number.POSITIVE_INFINITY;
  #repeats = 0;
  #received = 0;
  /** Moves in a row that did not prove themselves, and until when no other is followed. */
  #failures = 0;
  #steadyUntil = 0;
  #sent = 0;

  constructor(crypto: CryptoProvider, remote: RemoteAddress, validated: boolean) {
    this.#crypto = crypto;
    this.remote = remote;
    this.validated = validated;
  }

  /** Whether a datagram of `bytes` may go to the address now. */
  maySend(bytes: number): boolean {
    return this.validated || this.#sent + bytes <= AMPLIFICATION * this.#received;
  }

  onSent(bytes: number): void {
    if (!this.validated) this.#sent += bytes;
  }

  onReceived(from: RemoteAddress, bytes: number): void {
    if (!this.validated && sameAddress(from, this.remote)) this.#received += bytes;
  }

  /** Asks the present address to prove itself. */
  challenge(now: number, ptoMs: number): void {
    const data = new Uint8Array(8);
    this.#crypto.randomBytes(data);
    this.#challenge = data;
    this.#repeats = 0;
    this.#probes.push({ kind: 'challenge', to: this.remote, data });
    this.#repeatAt = now + ptoMs;
  }

  /** By the choice of this side it leads to `to` now, and asks there. */
  restartOn(to: RemoteAddress, now: number, ptoMs: number): void {
    this.remote = to;
    this.#probes.length = 0;
    this.challenge(now, ptoMs);
  }

  /**
   * The peer's highest packet came from `to`. The old address stays as the way back. Who races the
   * genuine datagrams from an address that never answers is heeded more and more rarely.
   *
   * @returns whether `to` is the address now
   */
  move(to: RemoteAddress, bytes: number, now: number, ptoMs: number): boolean {
    if (this.#fallback !== undefined && sameAddress(to, this.#fallback)) {
      this.#return();
      return true;
    }
    if (now < this.#steadyUntil) return false;
    if (this.validated) {
      this.#fallback = this.remote;
      // Counted from here, however often it moves on: else a new address every time would hold it off.
      this.#fallbackAt = now + RETURN_PTOS * ptoMs;
    }
    const old = this.remote;
    this.remote = keptRemote(to);
    this.validated = false;
    this.#received = bytes;
    this.#sent = 0;
    this.challenge(now, ptoMs);
    const data = new Uint8Array(8);
    this.#crypto.randomBytes(data);
    this.#probes.push({ kind: 'challenge', to: old, data });
    return true;
  }

  /** PATH_RESPONSE, from whatever address. */
  handleResponse(data: Uint8Array): PathProof {
    if (this.#challenge === undefined || !this.#crypto.equal(data, this.#challenge)) return 'none';
    const before = this.#fallback;
    this.#settle();
    this.#failures = 0;
    this.validated = true;
    return before === undefined || before.address === this.remote.address ? 'present' : 'elsewhere';
  }

  handleChallenge(data: Uint8Array, from: RemoteAddress): void {
    const waiting = this.#probes.filter((probe) => probe.kind === 'response').length;
    if (waiting >= MAX_RESPONSES) {
      this.#probes.splice(
        this.#probes.findIndex((probe) => probe.kind === 'response'),
        1,
      );
    }
    const to = sameAddress(from, this.remote) ? this.remote : keptRemote(from);
    this.#probes.push({ kind: 'response', to, data: data.slice() });
  }

  peekProbe(): PathProbe | undefined {
    return this.#probes[0];
  }

  takeProbe(): PathProbe | undefined {
    return this.#probes.shift();
  }

  /** Whether a challenge waits for its answer. */
  get isPending(): boolean {
    return this.#challenge !== undefined;
  }

  /** Whether nothing is to be sent or waited for. */
  get isQuiet(): boolean {
    return this.#probes.length === 0 && this.deadline === Number.POSITIVE_INFINITY;
  }

  get deadline(): number {
    return Math.min(this.#fallbackAt, this.#repeatAt);
  }

  /** @returns whether the old address counts again */
  handleTimeout(now: number, ptoMs: number): boolean {
    if (now >= this.#fallbackAt) {
      this.#return();
      const waitMs = RETURN_PTOS * ptoMs * 2 ** this.#failures;
      this.#steadyUntil = now + Math.min(waitMs, MAX_STEADY_MS);
      this.#failures = Math.min(this.#failures + 1, MAX_DOUBLINGS);
      return true;
    }
    if (now >= this.#repeatAt) this.#repeat(now, ptoMs);
    return false;
  }

  /** While it is quiet: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.remote = state.keep(this.remote);
    this.validated = state.flag(this.validated);
    this.#repeats = state.number(this.#repeats);
    this.#received = state.number(this.#received);
    this.#failures = state.number(this.#failures);
    this.#steadyUntil = state.number(this.#steadyUntil);
    this.#sent = state.number(this.#sent);
  }

  /** Asks again. Without an old address to return to there is no end to it, but it gets rarer. */
  #repeat(now: number, ptoMs: number): void {
    const data = this.#challenge!;
    this.#repeats++;
    const waitMs = ptoMs * 2 ** Math.max(0, this.#repeats - 1);
    this.#repeatAt = now + Math.min(waitMs, MAX_REPEAT_MS);
    if (this.#probes.some((probe) => probe.data === data)) return;
    this.#probes.push({ kind: 'challenge', to: this.remote, data });
  }

  #return(): void {
    this.remote = this.#fallback!;
    this.#settle();
    this.validated = true;
  }

  #settle(): void {
    this.#fallback = undefined;
    this.#fallbackAt = Number.POSITIVE_INFINITY;
    this.#challenge = undefined;
    this.#repeatAt = Number.POSITIVE_INFINITY;
  }
}
