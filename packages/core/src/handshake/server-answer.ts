import { concat } from '../crypto/bytes.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import { CloseCode } from '../wire/close-codes.js';
import type { ClientHello } from './client-hello.js';
import type { Drop } from './drop-reason.js';
import { drawGrease } from './grease.js';
import { pqExcluded } from './handshake-failure.js';
import { earlySecret, type HandshakeSecrets, handshakeSecrets } from './key-schedule.js';
import { findKeyShare } from './key-shares.js';
import type { OuterKeys } from './outer-keys.js';
import type { TransportParams } from './params.js';
import { ATTEMPT_BYTES, GROUP_X25519, KEY_BYTES, SUITE_1, VERSION_1 } from './registry.js';
import { sealAuthentication } from './sealed.js';
import { encodeServerHello, type ServerHello } from './server-hello.js';

/** Codes with which `Responder.respond` may be told to refuse (SPEC 4.1). */
export type RefusalCode = 1 | 10 | 12 | 13;

/** What a server brings to the answer of one hello. */
export interface ResponderOptions {
  readonly crypto: CryptoProvider;
  readonly identity: Signer;
  readonly outer: OuterKeys;
  readonly params: TransportParams;
  /** The 8-byte connection id under which the client will address this side. */
  readonly serverCid: Uint8Array;
  /** What the envelope of kind 1 held. */
  readonly clientHelloFlight: Uint8Array;
  /** The attempt the envelope named; a hello of another attempt is dropped. Default: not checked. */
  readonly attempt?: Uint8Array;
  readonly now: number;
  /** 32 bytes that both sides were given. Default none. */
  readonly psk?: Uint8Array;
  /** Answers with this signed refusal. Without it a server still refuses what it cannot do. */
  readonly refuse?: RefusalCode;
  /** In order of preference. Default version 1. */
  readonly versions?: readonly number[];
  /** Whether the client may have the same identity. Default false. */
  readonly allowSelf?: boolean;
  /** Whether the result brings the lines of SPEC 5.4. Default false. */
  readonly keyLog?: boolean;
}

/** What a half-open attempt keeps. */
export interface Answer {
  readonly hello: ClientHello;
  readonly helloHash: Uint8Array;
  readonly serverHello: ServerHello;
  readonly flight: Uint8Array;
  readonly early: Uint8Array;
  readonly secrets: HandshakeSecrets;
  /** All messages through this server's FIN. */
  readonly transcript: Uint8Array;
}

/**
 * Decides what a hello is answered with, and makes the flight. A code to refuse with does not end
 * the work: a refusal is signed like any answer.
 */
export function makeAnswer(
  options: ResponderOptions,
  hello: ClientHello,
  helloMessage: Uint8Array,
): Answer | Drop {
  const { crypto, identity, attempt } = options;
  if (attempt !== undefined && !crypto.equal(hello.random.subarray(0, ATTEMPT_BYTES), attempt)) {
    return { drop: 'attempt' };
  }
  if (!hello.suites.includes(SUITE_1)) return { drop: 'suite' };
  const peerShare = findKeyShare(hello.shares, GROUP_X25519);
  if (peerShare === undefined) return { drop: 'group' };
  const ephemeral = drawKey(crypto);
  const dh = crypto.x25519(ephemeral, peerShare);
  if (dh === undefined) return { drop: 'low-order' };
  const serverHello = makeServerHello(options, hello, crypto.x25519PublicKey(ephemeral));
  ephemeral.fill(0);
  const hellos = concat(helloMessage, serverHello.message);
  const helloHash = crypto.sha256(hellos);
  const early = earlySecret(crypto, options.psk);
  const secrets = handshakeSecrets(crypto, early, dh, helloHash);
  dh.fill(0);
  const sealed = sealAuthentication(
    { crypto, sender: 'server', secret: secrets.server, helloHash, transcript: hellos },
    identity,
  );
  return {
    hello,
    helloHash,
    serverHello: serverHello.fields,
    flight: concat(serverHello.message, sealed.message),
    early,
    secrets,
    transcript: sealed.transcript,
  };
}

function makeServerHello(
  options: ResponderOptions,
  hello: ClientHello,
  share: Uint8Array,
): { readonly fields: ServerHello; readonly message: Uint8Array } {
  const { crypto, params, psk, serverCid } = options;
  const versions = options.versions ?? [VERSION_1];
  const common = versions.find((version) => hello.versions.includes(version));
  const fields: ServerHello = {
    random: drawKey(crypto),
    refuse: options.refuse ?? automaticRefusal(common, params, hello.params),
    version: common ?? versions[0] ?? VERSION_1,
    suite: SUITE_1,
    serverCid: serverCid.slice(),
    share: { group: GROUP_X25519, share },
    params: { ...params, psk: psk === undefined ? 'none' : 'external' },
  };
  return { fields, message: encodeServerHello(fields, drawGrease(crypto)) };
}

function automaticRefusal(
  commonVersion: number | undefined,
  own: TransportParams,
  peer: TransportParams,
): number {
  if (commonVersion === undefined) return CloseCode.VERSION;
  return pqExcluded(own, peer) ? CloseCode.PQ_REQUIRED : 0;
}

function drawKey(crypto: CryptoProvider): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  crypto.randomBytes(key);
  return key;
}
