import { u64be } from './bytes.js';
import { ChaChaMask } from './chacha-block.js';
import type { CryptoProvider } from './provider.js';

const BLOCK_BYTES = 64;
const MAX_BLOCKS = 0x1_0000_0000;

/**
 * The cryptography of `base` with random bytes that follow from `seed`: the same seed, the same
 * session, byte for byte. For tests and simulations only, hence `insecure: true` (every real driver
 * refuses it).
 *
 * @param seed a non-negative integer below 2^53
 */
export function createSeededProvider(base: CryptoProvider, seed: number): CryptoProvider {
  return {
    name: `seeded ${base.name}`,
    insecure: true,
    randomBytes: createStream(base.sha256(u64be(seed))),
    sha256: (data) => base.sha256(data),
    createSha256: () => base.createSha256(),
    hmacSha256: (key, data) => base.hmacSha256(key, data),
    createAead: (key, salt) => base.createAead(key, salt),
    xchachaSeal: (key, nonce, aad, plaintext) => base.xchachaSeal(key, nonce, aad, plaintext),
    xchachaOpen: (key, nonce, aad, ciphertext) => base.xchachaOpen(key, nonce, aad, ciphertext),
    x25519PublicKey: (secret) => base.x25519PublicKey(secret),
    x25519: (secret, peerPublicKey) => base.x25519(secret, peerPublicKey),
    createSigner: (signingSeed) => base.createSigner(signingSeed),
    verify: (publicKey, message, signature) => base.verify(publicKey, message, signature),
    isValidPublicKey: (publicKey) => base.isValidPublicKey(publicKey),
    equal: (a, b) => base.equal(a, b),
  };
}

/** One ChaCha20 key stream, handed out byte by byte, so that how it is asked does not matter. */
function createStream(key: Uint8Array): (out: Uint8Array) => void {
  const blocks = new ChaChaMask(key);
  const nonce = new Uint8Array(12);
  const block = new Uint8Array(BLOCK_BYTES);
  let nextBlock = 0;
  let used = BLOCK_BYTES;
  return (out) => {
    for (let i = 0; i < out.length; i++) {
      if (used === BLOCK_BYTES) {
        if (nextBlock === MAX_BLOCKS) throw new RangeError('the seeded random bytes ran out');
        blocks.block(nextBlock++, nonce, block);
        used = 0;
      }
      out[i] = block[used++]!;
    }
  };
}
