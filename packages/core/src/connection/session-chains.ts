import { genesis, ReceiveChain, SendChain } from '../chain/lane-chain.js';
import { LaneLeaves } from '../chain/lane-leaves.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import type { HandshakeResult } from '../handshake/handshake-result.js';
import type { Direction } from '../message/reliability.js';

/** A value for each lane: R, then L. */
export type PerLane<T> = readonly [T, T];

/** Leaves and links of both lanes in both directions (SPEC 8.1, 8.2). */
export class SessionChains {
  readonly sending: Direction;
  readonly receiving: Direction;
  readonly leavesOut: PerLane<LaneLeaves>;
  readonly leavesIn: PerLane<LaneLeaves>;
  readonly own: PerLane<SendChain>;
  readonly peer: PerLane<ReceiveChain>;

  constructor(crypto: CryptoProvider, handshake: HandshakeResult) {
    const { sid, exporter, role } = handshake;
    const sending: Direction = role === 'client' ? 0 : 1;
    const receiving: Direction = role === 'client' ? 1 : 0;
    const leaves = (direction: Direction, lane: Direction): LaneLeaves =>
      new LaneLeaves({ crypto, exporter, direction, lane });
    this.sending = sending;
    this.receiving = receiving;
    this.leavesOut = [leaves(sending, 0), leaves(sending, 1)];
    this.leavesIn = [leaves(receiving, 0), leaves(receiving, 1)];
    this.own = [
      new SendChain(crypto, genesis(crypto, sid, sending, 0)),
      new SendChain(crypto, genesis(crypto, sid, sending, 1)),
    ];
    this.peer = [
      new ReceiveChain(crypto, genesis(crypto, sid, receiving, 0)),
      new ReceiveChain(crypto, genesis(crypto, sid, receiving, 1)),
    ];
  }

  wipe(): void {
    for (const leaves of [...this.leavesOut, ...this.leavesIn]) leaves.wipe();
  }
}

/** The key that signs statements: the identity, or in session evidence a fresh one (SPEC 8.6). */
export function statementSigner(
  crypto: CryptoProvider,
  identity: Signer,
  evidence: 'identity' | 'session',
): Signer {
  if (evidence === 'identity') return identity;
  const seed = new Uint8Array(32);
  crypto.randomBytes(seed);
  const signer = crypto.createSigner(seed);
  seed.fill(0);
  return signer;
}
