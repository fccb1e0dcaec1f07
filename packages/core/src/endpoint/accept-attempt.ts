import type { CryptoProvider } from '../crypto/provider.js';
import { AmplificationAccount } from '../handshake/amplification.js';
import { EnvelopeKind, sealEnvelope } from '../handshake/envelope.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { TransportParams } from '../handshake/params.js';
import type { AuthenticatedPeer, Responder } from '../handshake/responder.js';
import { keptRemote } from '../path/carrier-remote.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { EarlyIntake } from './early-intake.js';
import type { SessionSlot } from './session-slot.js';

/** Records of a client that wait for the decision about it (SPEC 4). */
const MAX_WAITING_RECORDS = 10;
/** Before the client has proved its key: anybody could make a thousand attempts hold that many each. */
const MAX_UNPROVEN_RECORDS = 2;

/** A record that came before its session was there. */
export interface WaitingRecord {
  readonly record: Uint8Array;
  readonly pathId: number;
  readonly from: RemoteAddress;
}

/** A server's half-open attempt: one client, from its hello until the policy has decided about it. */
export class AcceptAttempt {
  /** SHA-256 of the CH message. */
  readonly helloHash: Uint8Array;
  readonly remote: RemoteAddress;
  readonly outer: OuterKeys;
  readonly localCid: Uint8Array;
  readonly params: TransportParams;
  readonly responder: Responder;
  /** Whether its time ran out before the policy had decided. */
  isOver = false;
  /** Set when the finish has verified: the client proved this key. */
  peer: AuthenticatedPeer | undefined;
  /** Early data on its way in; made with the first piece. */
  intake: EarlyIntake | undefined;
  /** Set when the policy said yes. */
  slot: SessionSlot | undefined;
  readonly #waiting: WaitingRecord[] = [];
  readonly #account = new AmplificationAccount();

  constructor(fields: {
    readonly helloHash: Uint8Array;
    readonly remote: RemoteAddress;
    readonly outer: OuterKeys;
    readonly localCid: Uint8Array;
    readonly params: TransportParams;
    readonly responder: Responder;
  }) {
    this.helloHash = fields.helloHash;
    this.remote = fields.remote;
    this.outer = fields.outer;
    this.localCid = fields.localCid;
    this.params = fields.params;
    this.responder = fields.responder;
  }

  /** The server's flight in a new envelope, no longer than the hello that asks for it; undefined over the 3x limit. */
  answer(crypto: CryptoProvider, helloBytes: number): Uint8Array | undefined {
    this.#account.received(helloBytes);
    const { attempt } = this.responder;
    const flight = this.responder.flight();
    const contents = { kind: EnvelopeKind.ServerFlight, attempt, flight, maxBytes: helloBytes };
    const envelope = sealEnvelope(crypto, this.outer, contents);
    return this.#account.trySend(envelope.length) ? envelope : undefined;
  }

  /** A record came before its session. @returns false when it cannot wait: one too many, or too long */
  handleRecord(record: Uint8Array, pathId: number, from: RemoteAddress): boolean {
    const isTooLong = record.length > this.params.maxDatagramBytes;
    const limit = this.peer === undefined ? MAX_UNPROVEN_RECORDS : MAX_WAITING_RECORDS;
    if (isTooLong || this.#waiting.length >= limit) return false;
    this.#waiting.push({ record: record.slice(), pathId, from: keptRemote(from) });
    return true;
  }

  takeWaiting(): readonly WaitingRecord[] {
    return this.#waiting.splice(0);
  }
}
