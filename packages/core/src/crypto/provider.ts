/**
 * The cryptography the protocol is built from, as the core sees it: a small set of synchronous
 * functions that a platform supplies. Every provider is held to the same vectors and, for Ed25519,
 * to the same verdicts (SPEC 2.3).
 */

/** An incremental SHA-256. `digest` may be called once. */
export interface Sha256 {
  update(data: Uint8Array): void;
  digest(): Uint8Array;
}

/**
 * XChaCha20-Poly1305 under one key and one 16-byte salt; the nonce is `salt || u64le(counter)`
 * (SPEC 2.1). Implementations cache what depends on key and salt only (the HChaCha20 subkey).
 */
export interface Aead {
  /**
   * Seals in place. `buffer[0, start)` is the associated data, `buffer[start, end)` the plaintext.
   * Afterwards `buffer[start, end)` holds the ciphertext and `buffer[end, end + 16)` the tag.
   *
   * @param counter packet number below 2^48, never used twice under one salt
   */
  seal(counter: number, buffer: Uint8Array, start: number, end: number): void;
  /**
   * Opens in place. `buffer[0, start)` is the associated data, `buffer[start, end)` ciphertext and
   * tag. On success `buffer[start, end - 16)` holds the plaintext. On failure the contents of
   * `buffer[start, end)` are undefined, so a datagram can be tried once.
   *
   * @returns whether the tag was right
   */
  open(counter: number, buffer: Uint8Array, start: number, end: number): boolean;
  /** Fills the key material with zeros; the object must not be used afterwards. */
  wipe(): void;
}

/** An Ed25519 private key ready to sign. */
export interface Signer {
  readonly publicKey: Uint8Array;
  /** @returns the 64-byte signature (RFC 8032, Ed25519 without context) */
  sign(message: Uint8Array): Uint8Array;
  /** Fills the private key with zeros; the object must not be used afterwards. */
  wipe(): void;
}

/** Synchronous cryptography, injected into the core. All byte strings are `Uint8Array`. */
export interface CryptoProvider {
  /** Which implementation this is: `sodium-native`, `node`, `noble`, ... */
  readonly name: string;
  /** True for a provider whose random bytes can be predicted (tests): real drivers refuse it. */
  readonly insecure: boolean;

  /** Fills `out` with random bytes. */
  randomBytes(out: Uint8Array): void;

  sha256(data: Uint8Array): Uint8Array;
  createSha256(): Sha256;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;

  /** @param key 32 bytes @param salt 16 bytes; both are copied */
  createAead(key: Uint8Array, salt: Uint8Array): Aead;

  /**
   * XChaCha20-Poly1305 of a whole message under a nonce of its own, for messages that carry a
   * random nonce (SPEC 3.1).
   *
   * @param key 32 bytes
   * @param nonce 24 bytes, never used twice under one key
   * @returns a new array: ciphertext, then the 16-byte tag
   */
  xchachaSeal(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array;
  /**
   * The inverse of {@link xchachaSeal}.
   *
   * @param ciphertext ciphertext and tag; left as it is
   * @returns the plaintext in a new array, or undefined when the tag is wrong or missing
   */
  xchachaOpen(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | undefined;

  /** @returns the X25519 public key of a 32-byte secret */
  x25519PublicKey(secret: Uint8Array): Uint8Array;
  /** @returns the 32-byte shared secret, or undefined when it is all zero (low-order point) */
  x25519(secret: Uint8Array, peerPublicKey: Uint8Array): Uint8Array | undefined;

  /** @param seed the 32-byte Ed25519 seed; copied */
  createSigner(seed: Uint8Array): Signer;
  /**
   * The cofactorless verdict of SPEC 2.3: `S < L`, `R` canonical and not of small order, and
   * `encode([S]B - [k]A) == R`. The key is expected to have passed {@link isValidPublicKey}.
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Canonical encoding, not of small order, in the prime-order subgroup (SPEC 2.3). */
  isValidPublicKey(publicKey: Uint8Array): boolean;

  /** Compares in time that depends on the lengths only. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
