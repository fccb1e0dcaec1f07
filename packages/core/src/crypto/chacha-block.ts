import { readU32le, writeU32le } from './bytes.js';
import { chachaRounds } from './chacha-rounds.js';

/** Bytes of a ChaCha20 block. */
const CHACHA_BLOCK_BYTES = 64;
/** Bytes of a mask that {@link ChaChaMask.mask} writes. */
export const MASK_BYTES = 16;

const SALT_BYTES = 16;
const SALTS_PER_BLOCK = CHACHA_BLOCK_BYTES / SALT_BYTES;
const TWO_POW_32 = 0x1_0000_0000;
const COUNTER_WORD = 12;

/**
 * ChaCha20 blocks under one key, for masks (SPEC 2.4). Written for one block a call and without
 * an allocation, because a call into a native cipher costs many times what the block does.
 */
export class ChaChaMask {
  readonly #input = new Int32Array(16);
  readonly #output = new Int32Array(16);

  /** @param key 32 bytes; copied */
  constructor(key: Uint8Array) {
    // "expand 32-byte k", RFC 8439 section 2.3.
    this.#input.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    for (let word = 0; word < 8; word++) this.#input[4 + word] = readU32le(key, 4 * word);
  }

  /**
   * Writes the first 16 bytes of the block whose counter is `u32le(sample[0, 4))` and whose nonce
   * is `sample[4, 16)`.
   *
   * @param sample must hold 16 bytes from `sampleOffset` on
   * @param out at least 16 bytes
   */
  mask(sample: Uint8Array, sampleOffset: number, out: Uint8Array): void {
    for (let word = 0; word < 4; word++) {
      this.#input[COUNTER_WORD + word] = readU32le(sample, sampleOffset + 4 * word);
    }
    this.#write(out, MASK_BYTES);
  }

  /**
   * Writes a whole block (RFC 8439 section 2.3).
   *
   * @param counter below 2^32
   * @param nonce 12 bytes
   * @param out at least 64 bytes
   */
  block(counter: number, nonce: Uint8Array, out: Uint8Array): void {
    this.#input[COUNTER_WORD] = counter;
    for (let word = 0; word < 3; word++) {
      this.#input[COUNTER_WORD + 1 + word] = readU32le(nonce, 4 * word);
    }
    this.#write(out, CHACHA_BLOCK_BYTES);
  }

  /** Fills key and state with zeros; the object must not be used afterwards. */
  wipe(): void {
    this.#input.fill(0);
    this.#output.fill(0);
  }

  #write(out: Uint8Array, bytes: number): void {
    const output = this.#output;
    chachaRounds(this.#input, output);
    for (let word = 0; 4 * word < bytes; word++) writeU32le(out, 4 * word, output[word]!);
  }
}

/**
 * The salts of the leaves of one lane (SPEC 8.1): 16 bytes for each message number, cut from the
 * ChaCha20 blocks under the lane's key, four a block. The last block is kept, so that messages in
 * order cost a block every fourth time.
 */
export class SaltStream {
  readonly #blocks: ChaChaMask;
  readonly #nonce = new Uint8Array(12);
  readonly #block = new Uint8Array(CHACHA_BLOCK_BYTES);
  #blockNumber = -1;

  /** @param key 32 bytes; copied */
  constructor(key: Uint8Array) {
    this.#blocks = new ChaChaMask(key);
  }

  /**
   * Writes the salt of message `n` to `out[outOffset, outOffset + 16)`.
   *
   * @param n message number below 2^53
   */
  salt(n: number, out: Uint8Array, outOffset: number): void {
    const blockNumber = Math.floor(n / SALTS_PER_BLOCK);
    if (blockNumber !== this.#blockNumber) {
      writeU32le(this.#nonce, 0, Math.floor(blockNumber / TWO_POW_32));
      this.#blocks.block(blockNumber % TWO_POW_32, this.#nonce, this.#block);
      this.#blockNumber = blockNumber;
    }
    const start = (n % SALTS_PER_BLOCK) * SALT_BYTES;
    for (let i = 0; i < SALT_BYTES; i++) out[outOffset + i] = this.#block[start + i]!;
  }

  /** Fills key and salts with zeros; the object must not be used afterwards. */
  wipe(): void {
    this.#blocks.wipe();
    this.#block.fill(0);
    this.#blockNumber = -1;
  }
}
