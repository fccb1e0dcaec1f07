import type { CryptoProvider } from '../crypto/provider.js';
import { sessionId } from '../crypto/session-id.js';
import { EpochSecrets, headerKey } from './epoch-secrets.js';
import { epochKeyLog, handshakeKeyLog, headerKeyLog } from './key-log.js';
import {
  exporterSecret,
  firstSecret,
  type HandshakeSecrets,
  wipeHandshakeSecrets,
} from './key-schedule.js';
import type { OuterKeys } from './outer-keys.js';
import type { TransportParams } from './params.js';
import { ATTEMPT_BYTES, type Role } from './registry.js';

/** What a finished handshake hands to the session. */
export interface HandshakeResult {
  /** Which side this is. */
  readonly role: Role;
  readonly version: number;
  /** Session id, 32 bytes (SPEC 4.3). */
  readonly sid: Uint8Array;
  /** Transcript hash through the client's FIN, 32 bytes. */
  readonly th: Uint8Array;
  /** Secret from which message salts come, 32 bytes (SPEC 8.1). */
  readonly exporter: Uint8Array;
  /** The keys of epoch 0. */
  readonly epoch0: EpochSecrets;
  /** `hp[0]` and `hp[1]`, 32 bytes each (SPEC 5.2). */
  readonly hpKeys: readonly [Uint8Array, Uint8Array];
  readonly serverKey: Uint8Array;
  readonly clientKey: Uint8Array;
  readonly peerParams: TransportParams;
  /** The connection id with which this side addresses the peer on path 0. */
  readonly peerCid: Uint8Array;
  /** The connection id with which the peer addresses this side on path 0. */
  readonly localCid: Uint8Array;
  /** The first 8 bytes of the client's random. */
  readonly attempt: Uint8Array;
  /** A round-trip time in milliseconds, when a flight and its answer can be told apart for sure. */
  readonly rttSampleMs?: number;
  /** Lines of the key log (SPEC 5.4), when they were asked for. */
  readonly keyLogLines?: readonly string[];
}

/** What {@link completeHandshake} needs to know. */
export interface CompletionInput {
  readonly crypto: CryptoProvider;
  readonly outer: OuterKeys;
  readonly early: Uint8Array;
  /** Wiped by the call. */
  readonly secrets: HandshakeSecrets;
  readonly clientRandom: Uint8Array;
  /** All messages through the client's FIN. */
  readonly transcript: Uint8Array;
  readonly keyLog: boolean;
  readonly rttSampleMs: number | undefined;
  /** The fields that are handed on as they are. */
  readonly known: Pick<
    HandshakeResult,
    'role' | 'version' | 'serverKey' | 'clientKey' | 'peerParams' | 'peerCid' | 'localCid'
  >;
}

/** Derives the session from a complete, verified transcript (SPEC 4.3). */
export function completeHandshake(input: CompletionInput): HandshakeResult {
  const { crypto, outer, early, secrets, clientRandom, known } = input;
  const th = crypto.sha256(input.transcript);
  const first = firstSecret(crypto, secrets.handshake);
  const exporter = exporterSecret(crypto, first, th);
  const epoch0 = EpochSecrets.first(crypto, first, th);
  const hpKeys = [
    headerKey(crypto, epoch0.directionSecret(0)),
    headerKey(crypto, epoch0.directionSecret(1)),
  ] as const;
  const sid = sessionId(crypto, { ...known, th });
  const keyLogLines = input.keyLog
    ? [
        ...handshakeKeyLog(clientRandom, outer, early, secrets),
        ...headerKeyLog(sid, hpKeys),
        ...epochKeyLog(sid, epoch0),
      ]
    : undefined;
  wipeHandshakeSecrets(secrets);
  return {
    ...known,
    sid,
    th,
    exporter,
    epoch0,
    hpKeys,
    attempt: clientRandom.slice(0, ATTEMPT_BYTES),
    ...(input.rttSampleMs === undefined ? {} : { rttSampleMs: input.rttSampleMs }),
    ...(keyLogLines === undefined ? {} : { keyLogLines }),
  };
}
