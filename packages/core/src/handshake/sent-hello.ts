import type { CryptoProvider, Signer } from '../crypto/provider.js';
import { type ClientHello, encodeClientHello } from './client-hello.js';
import { drawGrease } from './grease.js';
import { earlySecret } from './key-schedule.js';
import type { OuterKeys } from './outer-keys.js';
import type { TransportParams } from './params.js';
import { checkPsk } from './psk.js';
import { GROUP_X25519, KEY_BYTES, SUITE_1, VERSION_1 } from './registry.js';

/** What a client brings to a handshake. */
export interface InitiatorOptions {
  readonly crypto: CryptoProvider;
  readonly identity: Signer;
  readonly outer: OuterKeys;
  readonly params: TransportParams;
  /** The 8-byte connection id under which the server will address this side. */
  readonly clientCid: Uint8Array;
  /** Unix time in milliseconds (SPEC 4.6). */
  readonly wallTimeMs: number;
  /** 32 bytes that both sides were given. Default none. */
  readonly psk?: Uint8Array;
  /** Flights of any other server are dropped. Default: every server comes to `deciding`. */
  readonly pinnedServerKey?: Uint8Array;
  /** Whether the server may have the same identity. Default false. */
  readonly allowSelf?: boolean;
  /** In order of preference. Default version 1. */
  readonly versions?: readonly number[];
  /** Whether the carrier loses nothing, so that flights need not be repeated soon. Default false. */
  readonly isOrdered?: boolean;
  /** Whether the result brings the lines of SPEC 5.4. Default false. */
  readonly keyLog?: boolean;
}

/** What a client keeps of its hello until a server flight verifies. */
export interface SentHello {
  readonly crypto: CryptoProvider;
  readonly hello: ClientHello;
  /** The whole CH message as it was sent. */
  readonly message: Uint8Array;
  /** The X25519 secret of the share in CH. */
  readonly ephemeral: Uint8Array;
  /** `early` of SPEC 4.3. */
  readonly early: Uint8Array;
  readonly pinnedServerKey?: Uint8Array;
}

/**
 * Draws the client's random and ephemeral key and encodes its hello.
 *
 * @throws VCLError `InvalidKey` for a bad pre-shared key, `InvalidConfig` for bad parameters
 */
export function makeHello(options: InitiatorOptions): SentHello {
  checkPsk(options.psk);
  const { crypto, params, clientCid, wallTimeMs, psk, pinnedServerKey } = options;
  const random = new Uint8Array(KEY_BYTES);
  crypto.randomBytes(random);
  const ephemeral = new Uint8Array(KEY_BYTES);
  crypto.randomBytes(ephemeral);
  const hello: ClientHello = {
    random,
    timeMs: Math.floor(wallTimeMs),
    clientCid: clientCid.slice(),
    versions: options.versions ?? [VERSION_1],
    suites: [SUITE_1],
    shares: [{ group: GROUP_X25519, share: crypto.x25519PublicKey(ephemeral) }],
    params: { ...params, psk: psk === undefined ? 'none' : 'external' },
  };
  return {
    crypto,
    hello,
    message: encodeClientHello(hello, drawGrease(crypto)),
    ephemeral,
    early: earlySecret(crypto, psk),
    ...(pinnedServerKey === undefined ? {} : { pinnedServerKey }),
  };
}
