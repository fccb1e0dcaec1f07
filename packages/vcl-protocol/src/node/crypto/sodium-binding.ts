import { createRequire } from 'node:module';
import { VCLError } from '@vcl-protocol/core';

/** The part of sodium-native 5.1 that the provider calls, under libsodium's own names. */
export interface SodiumBinding extends CheckedFunctions, RawFunctions {}

/** From the package's entry point, where every argument is checked. */
interface CheckedFunctions {
  randombytes_buf(out: Uint8Array): void;
  sodium_memzero(bytes: Uint8Array): void;
  crypto_hash_sha256(out: Uint8Array, data: Uint8Array): void;
  crypto_aead_chacha20poly1305_ietf_encrypt: AeadEncrypt;
  crypto_aead_xchacha20poly1305_ietf_encrypt: AeadEncrypt;
  crypto_scalarmult_base(publicKey: Uint8Array, secret: Uint8Array): void;
  /** Throws when the result is all zero. */
  crypto_scalarmult(shared: Uint8Array, secret: Uint8Array, publicKey: Uint8Array): void;
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean;
  crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean;
}

/**
 * From the native module itself: the entry point turns a wrong tag into an exception, which makes
 * a forged datagram eight times as dear as a genuine one. Lengths are not checked here.
 */
interface RawFunctions {
  crypto_aead_chacha20poly1305_ietf_decrypt_detached: AeadDecryptDetached;
  crypto_aead_xchacha20poly1305_ietf_decrypt_detached: AeadDecryptDetached;
}

type AeadEncrypt = (
  ciphertextAndTag: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  unused: null,
  nonce: Uint8Array,
  key: Uint8Array,
) => void;

/** Returns 0 when the tag was right. */
type AeadDecryptDetached = (
  plaintext: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
  aad: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
) => number;

const CHECKED: readonly (keyof CheckedFunctions)[] = [
  'randombytes_buf',
  'sodium_memzero',
  'crypto_hash_sha256',
  'crypto_aead_chacha20poly1305_ietf_encrypt',
  'crypto_aead_xchacha20poly1305_ietf_encrypt',
  'crypto_scalarmult_base',
  'crypto_scalarmult',
  'crypto_sign_seed_keypair',
  'crypto_sign_detached',
  'crypto_sign_verify_detached',
  'crypto_core_ed25519_is_valid_point',
];
const RAW: readonly (keyof RawFunctions)[] = [
  'crypto_aead_chacha20poly1305_ietf_decrypt_detached',
  'crypto_aead_xchacha20poly1305_ietf_decrypt_detached',
];

/**
 * Loads the optional dependency sodium-native.
 *
 * @throws VCLError `InvalidConfig` when it is not installed, has no build for this platform or is
 * not the version that is known to work
 */
export function requireSodium(): SodiumBinding {
  const { entry, native } = loadModules();
  if (!hasFunctions<CheckedFunctions>(entry, CHECKED) || !hasFunctions<RawFunctions>(native, RAW)) {
    throw new VCLError('InvalidConfig', 'this sodium-native lacks functions, install 5.1.0');
  }
  return {
    ...entry,
    crypto_aead_chacha20poly1305_ietf_decrypt_detached:
      native.crypto_aead_chacha20poly1305_ietf_decrypt_detached,
    crypto_aead_xchacha20poly1305_ietf_decrypt_detached:
      native.crypto_aead_xchacha20poly1305_ietf_decrypt_detached,
  };
}

function loadModules(): { entry: unknown; native: unknown } {
  const require = createRequire(import.meta.url);
  try {
    return { entry: require('sodium-native'), native: require('sodium-native/binding') };
  } catch (cause) {
    throw new VCLError(
      'InvalidConfig',
      'sodium-native cannot be loaded: install sodium-native 5.1.0 or use another provider',
      { cause },
    );
  }
}

function hasFunctions<Functions>(
  module: unknown,
  names: readonly (keyof Functions & string)[],
): module is Functions {
  if (typeof module !== 'object' || module === null) return false;
  const exported = new Map<string, unknown>(Object.entries(module));
  return names.every((name) => typeof exported.get(name) === 'function');
}
