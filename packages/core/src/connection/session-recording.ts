import { SessionLogWriter } from '../chain/session-log/log-writer.js';
import type { StateCarrier } from '../state-carrier.js';
import type { CloseInfo } from './closing.js';
import type { ConnectionOptions } from './connection-options.js';
import type { SessionChains } from './session-chains.js';

/** The session log of a connection: when it begins, and what it says at the end (SPEC 11). */
export class SessionRecording {
  /** Undefined when nothing is recorded. */
  readonly log: SessionLogWriter | undefined;
  #isStarted = false;
  readonly #options: ConnectionOptions;
  readonly #chains: SessionChains;

  /** @param log one that was begun already */
  constructor(options: ConnectionOptions, chains: SessionChains, log?: SessionLogWriter) {
    this.#options = options;
    this.#chains = chains;
    this.log = log ?? newLog(options);
  }

  /** Whether both signers are known. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Both signers are known: the session can be described. */
  start(ownSigner: Uint8Array, peerSigner: Uint8Array, now: number): void {
    this.#isStarted = true;
    if (this.log === undefined) return;
    const { handshake, config, unixOffsetMs } = this.#options;
    const { version, role, clientKey, serverKey, th } = handshake;
    const isClient = role === 'client';
    this.log.session({
      version,
      recorder: role,
      evidence: config.evidence,
      clientKey,
      serverKey,
      clientSigner: isClient ? ownSigner : peerSigner,
      serverSigner: isClient ? peerSigner : ownSigner,
      th,
      startedTimeMs: Math.floor(now + unixOffsetMs),
    });
  }

  /** The session is over. */
  end(info: CloseInfo, remote: boolean): void {
    const { own, peer } = this.#chains;
    const mine = [own[0].through, own[1].through] as const;
    const theirs = [peer[0].highest, peer[1].highest] as const;
    const isClient = this.#options.handshake.role === 'client';
    this.log?.end({
      closeCode: info.code,
      remote,
      messages: isClient ? [mine, theirs] : [theirs, mine],
    });
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#isStarted = state.flag(this.#isStarted);
  }
}

function newLog({ crypto, record }: ConnectionOptions): SessionLogWriter | undefined {
  return record && new SessionLogWriter({ crypto, ...record });
}
