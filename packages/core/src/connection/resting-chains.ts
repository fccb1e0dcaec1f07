import type { ReceiveChain, SendChain } from '../chain/lane-chain.js';
import { LaneLeaves } from '../chain/lane-leaves.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { HandshakeResult } from '../handshake/handshake-result.js';
import type { Direction } from '../message/reliability.js';
import type { StateCarrier } from '../state-carrier.js';
import { type PerLane, SessionChains } from './session-chains.js';

/**
 * The chains of a session, of which a session at rest keeps the links only: what makes leaves is
 * derived from the exporter anew when the next message comes.
 */
export class RestingChains implements SessionChains {
  readonly sending: Direction;
  readonly receiving: Direction;
  readonly own: PerLane<SendChain>;
  readonly peer: PerLane<ReceiveChain>;
  readonly #crypto: CryptoProvider;
  readonly #exporter: Uint8Array;
  #leavesOut: PerLane<LaneLeaves> | undefined;
  #leavesIn: PerLane<LaneLeaves> | undefined;

  /** @param handshake its exporter is used for as long as messages come, and not wiped here */
  constructor(crypto: CryptoProvider, handshake: HandshakeResult) {
    const { sending, receiving, own, peer, leavesOut, leavesIn } = new SessionChains(
      crypto,
      handshake,
    );
    this.sending = sending;
    this.receiving = receiving;
    this.own = own;
    this.peer = peer;
    this.#crypto = crypto;
    this.#exporter = handshake.exporter;
    this.#leavesOut = leavesOut;
    this.#leavesIn = leavesIn;
  }

  get leavesOut(): PerLane<LaneLeaves> {
    this.#leavesOut ??= this.#leaves(this.sending);
    return this.#leavesOut;
  }

  get leavesIn(): PerLane<LaneLeaves> {
    this.#leavesIn ??= this.#leaves(this.receiving);
    return this.#leavesIn;
  }

  /** Whether every leaf of the peer that is known is linked. */
  get isLinked(): boolean {
    return this.peer[0].isLinked && this.peer[1].isLinked;
  }

  /** With all linked: hands the links over to a record, or takes them from one. */
  carry(state: StateCarrier): void {
    for (const chain of [...this.own, ...this.peer]) chain.carry(state);
  }

  /** For a time of rest: lets go of what can be derived again. */
  rest(): void {
    this.wipe();
    this.#leavesOut = undefined;
    this.#leavesIn = undefined;
  }

  /** Fills keys with zeros. */
  wipe(): void {
    for (const leaves of this.#leavesOut ?? []) leaves.wipe();
    for (const leaves of this.#leavesIn ?? []) leaves.wipe();
  }

  #leaves(direction: Direction): PerLane<LaneLeaves> {
    const [crypto, exporter] = [this.#crypto, this.#exporter];
    return [
      new LaneLeaves({ crypto, exporter, direction, lane: 0 }),
      new LaneLeaves({ crypto, exporter, direction, lane: 1 }),
    ];
  }
}
