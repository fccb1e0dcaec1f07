// The operations of the guide's table, with the functions of vcl-protocol or on a provider.
import { Writer } from '../packages/core/dist/index.js';
import {
  chooseProvider,
  decryptPayload,
  encryptPayload,
  hashData,
  KeyPair,
} from '../packages/vcl-protocol/dist/index.js';

const SMALL_BYTES = 64;
const LARGE_BYTES = 16_384;
/** Lane, type, number, length and salt stand before the payload in a leaf (SPEC 8.1). */
const LEAF_HEAD_BYTES = 36;
/** What a link is made of: one byte, the link before, the leaf. */
const LINK_BYTES = 65;
const NONCE_BYTES = 24;
const NO_AAD = new Uint8Array(0);
const writer = new Writer();

/**
 * @param name of a provider that loads
 * @returns {Map<string, () => unknown>} the operations by their names in the guide
 */
export function operationsOf(name) {
  const crypto = chooseProvider(name);
  const tools = crypto === chooseProvider() ? publicTools() : providerTools(crypto);
  const key = random(crypto, 32);
  const small = random(crypto, SMALL_BYTES);
  const large = random(crypto, LARGE_BYTES);
  const leafInput = random(crypto, LEAF_HEAD_BYTES + SMALL_BYTES);
  const linkInput = random(crypto, LINK_BYTES);
  const sealed = tools.encrypt(small, key);
  const { publicKey, sign } = tools.generate();
  const signature = sign(linkInput);
  const record = new Uint8Array(new ArrayBuffer(512));

  const hashAndSign = () => {
    linkInput.set(tools.hash(leafInput), LINK_BYTES - 32);
    return sign(linkInput);
  };
  return new Map([
    ['keypair_generate', tools.generate],
    ['encrypt 64 B', () => tools.encrypt(small, key)],
    ['encrypt 16 KB', () => tools.encrypt(large, key)],
    ['decrypt 64 B', () => tools.decrypt(sealed.ciphertext, key, sealed.nonce)],
    ['packet_sign', hashAndSign],
    ['packet_verify', verifier(crypto, tools.hash, { publicKey, leafInput, linkInput, signature })],
    [
      'full pipeline 64 B',
      () => {
        const { ciphertext, nonce } = tools.encrypt(small, key);
        return serialise(record, nonce, ciphertext, hashAndSign());
      },
    ],
  ]);
}

/** Hashes what was received, and checks the signature over what was signed. */
function verifier(crypto, hash, { publicKey, leafInput, linkInput, signature }) {
  const signed = linkInput.slice();
  return () => {
    hash(leafInput);
    return crypto.verify(publicKey, signed, signature);
  };
}

function publicTools() {
  return {
    generate: () => {
      const pair = KeyPair.generate();
      return { publicKey: pair.publicKey, sign: (message) => pair.sign(message) };
    },
    encrypt: encryptPayload,
    decrypt: decryptPayload,
    hash: hashData,
  };
}

function providerTools(crypto) {
  const seed = new Uint8Array(new ArrayBuffer(32));
  return {
    generate: () => {
      crypto.randomBytes(seed);
      const signer = crypto.createSigner(seed);
      return { publicKey: signer.publicKey, sign: (message) => signer.sign(message) };
    },
    encrypt: (data, key) => {
      const nonce = random(crypto, NONCE_BYTES);
      return { nonce, ciphertext: crypto.xchachaSeal(key, nonce, NO_AAD, data) };
    },
    decrypt: (ciphertext, key, nonce) => crypto.xchachaOpen(key, nonce, NO_AAD, ciphertext),
    hash: (data) => crypto.sha256(data),
  };
}

/** Nonce, length, ciphertext and signature behind each other, as one packet of the guide. */
function serialise(buffer, nonce, ciphertext, signature) {
  writer.reset(buffer, 0, buffer.length);
  writer.bytes(nonce);
  writer.varint(ciphertext.length);
  writer.bytes(ciphertext);
  writer.bytes(signature);
  return writer.pos;
}

function random(crypto, length) {
  const bytes = new Uint8Array(new ArrayBuffer(length));
  crypto.randomBytes(bytes);
  return bytes;
}
