const KEY_BYTES = 32;

/** The body of a SIGNER: an Ed25519 public key (SPEC 6.11). RangeError unless it has 32 bytes. */
export function encodeSigner(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== KEY_BYTES) {
    throw new RangeError(`a signer key has ${KEY_BYTES} bytes, not ${publicKey.length}`);
  }
  return publicKey.slice();
}

/**
 * Reads the body of a SIGNER: the 32 bytes of the key, not yet checked to be a valid one (SPEC 2.3).
 * Undefined when the length is another.
 */
export function decodeSigner(body: Uint8Array): Uint8Array | undefined {
  return body.length === KEY_BYTES ? body.slice() : undefined;
}
