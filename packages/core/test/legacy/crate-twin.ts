import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

/** Variants of the crate's error. */
export type CrateErrorCode =
  | 'SerializationError'
  | 'ReplayDetected'
  | 'ChainValidationFailed'
  | 'SignatureInvalid'
  | 'CryptoError'
  | 'ExpectedClientHello'
  | 'ExpectedServerHello'
  | 'HandshakeFailed';

export class CrateError extends Error {
  readonly code: CrateErrorCode;

  constructor(code: CrateErrorCode) {
    super(code);
    this.code = code;
  }
}

/** What one call of the crate's `recv` gives, and what it sends meanwhile. */
export interface CrateReceived {
  readonly kind: 'data' | 'part' | 'ping' | 'pong' | 'rotated';
  readonly payload?: Buffer;
  readonly reply?: Buffer;
}

/** Where the twin takes its random bytes from; tests of vectors fix them. */
export interface CrateChance {
  readonly secret: () => Buffer;
  readonly nonce: () => Buffer;
}

const REAL_CHANCE: CrateChance = { secret: () => randomBytes(32), nonce: () => randomBytes(24) };
const [DATA, PING, PONG, ROTATION, FRAGMENT] = [0, 1, 2, 3, 4];
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * The connection object of the Rust crate as its byte tables and its order of checks describe it,
 * with nothing in common with the package: Node's own Ed25519, X25519 and SHA-256, and offsets
 * written out. It fails where the crate fails, and stays as broken as that afterwards.
 */
export class CrateTwin {
  readonly #seed: Buffer;
  readonly #chance: CrateChance;
  readonly #fragmentSize: number;
  #ephemeral: Buffer = Buffer.alloc(0);
  #key: Buffer = Buffer.alloc(0);
  #sendHash: Buffer = Buffer.alloc(32);
  #sendSequence = 0n;
  #recvHash: Buffer = Buffer.alloc(32);
  #lastSequence = 0n;
  readonly #nonces = new Set<string>();
  #nextFragmentId = 0n;
  readonly #partial = new Map<bigint, Map<number, Buffer>>();

  constructor(seed: Uint8Array, chance: CrateChance = REAL_CHANCE, fragmentSize = 1_200) {
    this.#seed = Buffer.from(seed);
    this.#chance = chance;
    this.#fragmentSize = fragmentSize;
  }

  /** The first datagram of `connect`. */
  clientHello(): Buffer {
    this.#ephemeral = this.#chance.secret();
    return Buffer.concat([Buffer.from([0, 0, 0, 0]), x25519Public(this.#ephemeral)]);
  }

  /** `connect` takes the first datagram from anywhere. */
  onServerHello(datagram: Uint8Array): void {
    const hello = Buffer.from(datagram);
    if (hello.length < 36 && hello.readUInt32LE(0) !== 2)
      throw new CrateError('SerializationError');
    if (hello.readUInt32LE(0) !== 1) throw new CrateError('ExpectedServerHello');
    this.#key = x25519(this.#ephemeral, hello.subarray(4, 36));
  }

  /** `accept_handshake` takes one datagram. @returns the answer */
  onClientHello(datagram: Uint8Array): Buffer {
    const hello = Buffer.from(datagram);
    if (hello.length < 4) throw new CrateError('SerializationError');
    const variant = hello.readUInt32LE(0);
    if (variant > 2 || (variant < 2 && hello.length < 36)) {
      throw new CrateError('SerializationError');
    }
    if (variant !== 0) throw new CrateError('ExpectedClientHello');
    const secret = this.#chance.secret();
    this.#key = x25519(secret, hello.subarray(4, 36));
    return Buffer.concat([Buffer.from([1, 0, 0, 0]), x25519Public(secret)]);
  }

  /** @returns the datagrams of one message */
  send(data: Uint8Array): Buffer[] {
    const bytes = Buffer.from(data);
    if (bytes.length <= this.#fragmentSize) return [this.#packet(DATA, bytes)];
    const pieces: Buffer[] = [];
    const id = this.#nextFragmentId++;
    const total = Math.ceil(bytes.length / this.#fragmentSize);
    for (let index = 0; index < total; index++) {
      const piece = bytes.subarray(index * this.#fragmentSize, (index + 1) * this.#fragmentSize);
      const head = Buffer.alloc(20);
      head.writeBigUInt64LE(id, 0);
      head.writeUInt16LE(index, 8);
      head.writeUInt16LE(total, 10);
      head.writeBigUInt64LE(BigInt(piece.length), 12);
      pieces.push(this.#packet(FRAGMENT, Buffer.concat([head, piece])));
    }
    return pieces;
  }

  ping(): Buffer {
    return this.#packet(PING, Buffer.alloc(0));
  }

  /** The first half of `rotate_keys`. */
  askForRotation(): Buffer {
    this.#ephemeral = this.#chance.secret();
    return this.#packet(ROTATION, x25519Public(this.#ephemeral));
  }

  /** The second half: the very next datagram has to be the answer. */
  finishRotation(datagram: Uint8Array): void {
    const { type, plaintext } = this.#open(datagram, false);
    if (type !== ROTATION) throw new CrateError('HandshakeFailed');
    this.#key = x25519(this.#ephemeral, plaintext);
  }

  /** One call of `recv` with what the socket gives. */
  recv(datagram: Uint8Array): CrateReceived {
    const { type, plaintext } = this.#open(datagram, true);
    if (type === DATA) return { kind: 'data', payload: plaintext };
    if (type === PING) return { kind: 'ping', reply: this.#packet(PONG, Buffer.alloc(0)) };
    if (type === PONG) return { kind: 'pong' };
    if (type === ROTATION) return this.#answerRotation(plaintext);
    return this.#addFragment(plaintext);
  }

  #answerRotation(peerPublic: Buffer): CrateReceived {
    const secret = this.#chance.secret();
    const key = x25519(secret, peerPublic);
    const reply = this.#packet(ROTATION, x25519Public(secret));
    this.#key = key;
    return { kind: 'rotated', reply };
  }

  #addFragment(plaintext: Buffer): CrateReceived {
    const id = plaintext.readBigUInt64LE(0);
    const index = plaintext.readUInt16LE(8);
    const total = plaintext.readUInt16LE(10);
    const length = Number(plaintext.readBigUInt64LE(12));
    const pieces = this.#partial.get(id) ?? new Map<number, Buffer>();
    this.#partial.set(id, pieces);
    if (!pieces.has(index)) pieces.set(index, plaintext.subarray(20, 20 + length));
    if (pieces.size < total) return { kind: 'part' };
    this.#partial.delete(id);
    const ordered = [...pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece);
    return { kind: 'data', payload: Buffer.concat(ordered) };
  }

  #packet(type: number | undefined, plaintext: Buffer): Buffer {
    const nonce = this.#chance.nonce();
    const payload = Buffer.from(xchacha20poly1305(this.#key, nonce).encrypt(plaintext));
    const hash = hashOf(2, this.#sendSequence, this.#sendHash, nonce, payload);
    const out = Buffer.alloc(173 + plaintext.length);
    out.writeUInt8(2, 0);
    out.writeUInt32LE(type ?? 0, 1);
    out.writeBigUInt64LE(this.#sendSequence, 5);
    out.writeBigUInt64LE(32n, 13);
    this.#sendHash.copy(out, 21);
    nonce.copy(out, 53);
    out.writeBigUInt64LE(BigInt(payload.length), 77);
    payload.copy(out, 85);
    out.writeBigUInt64LE(64n, 85 + payload.length);
    sign(null, hash, this.#privateKey()).copy(out, 93 + payload.length);
    this.#sendHash = hash;
    this.#sendSequence++;
    return out;
  }

  #open(datagram: Uint8Array, checksOrder: boolean): { type: number; plaintext: Buffer } {
    const bytes = Buffer.from(datagram);
    const packet = parse(bytes);
    const { sequence, prevHash, nonce, payload, signature } = packet;
    if (checksOrder && this.#lastSequence > 0n && sequence <= this.#lastSequence) {
      throw new CrateError('ReplayDetected');
    }
    if (this.#nonces.has(nonce.toString('hex'))) throw new CrateError('ReplayDetected');
    this.#nonces.add(nonce.toString('hex'));
    if (this.#nonces.size > 1_000) this.#nonces.clear();
    if (!prevHash.equals(this.#recvHash)) throw new CrateError('ChainValidationFailed');
    const hash = hashOf(packet.version, sequence, prevHash, nonce, payload);
    const isSigned = signature.length === 64 && verify(null, hash, this.#publicKey(), signature);
    if (!isSigned) throw new CrateError('SignatureInvalid');
    this.#recvHash = hash;
    this.#lastSequence = sequence;
    try {
      const plaintext = Buffer.from(xchacha20poly1305(this.#key, nonce).decrypt(payload));
      return { type: packet.type, plaintext };
    } catch {
      throw new CrateError('CryptoError');
    }
  }

  #privateKey() {
    return pkcs8(ED25519_PKCS8, this.#seed);
  }

  /** The crate never learns another key than its own. */
  #publicKey() {
    return createPublicKey(this.#privateKey());
  }
}

interface Parsed {
  readonly version: number;
  readonly type: number;
  readonly sequence: bigint;
  readonly prevHash: Buffer;
  readonly nonce: Buffer;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

function parse(bytes: Buffer): Parsed {
  try {
    const type = bytes.readUInt32LE(1);
    const [prevHash, nonceAt] = byteString(bytes, 13);
    const [payload, signatureAt] = byteString(bytes, nonceAt + 24);
    const [signature] = byteString(bytes, signatureAt);
    if (type > 4) throw new RangeError('unknown variant');
    const nonce = bytes.subarray(nonceAt, nonceAt + 24);
    const [version, sequence] = [bytes.readUInt8(0), bytes.readBigUInt64LE(5)];
    return { version, type, sequence, prevHash, nonce, payload, signature };
  } catch {
    throw new CrateError('SerializationError');
  }
}

function byteString(bytes: Buffer, at: number): [Buffer, number] {
  const length = bytes.readBigUInt64LE(at);
  const end = BigInt(at + 8) + length;
  if (end > BigInt(bytes.length)) throw new RangeError('too short');
  return [bytes.subarray(at + 8, Number(end)), Number(end)];
}

function hashOf(
  version: number,
  sequence: bigint,
  prevHash: Buffer,
  nonce: Buffer,
  payload: Buffer,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(version, 0);
  head.writeBigUInt64BE(sequence, 1);
  return createHash('sha256')
    .update(Buffer.concat([head, prevHash, nonce, payload]))
    .digest();
}

function pkcs8(prefix: Buffer, secret: Buffer) {
  return createPrivateKey({ key: Buffer.concat([prefix, secret]), format: 'der', type: 'pkcs8' });
}

function x25519Public(secret: Buffer): Buffer {
  const key = createPublicKey(pkcs8(X25519_PKCS8, secret));
  return key.export({ format: 'der', type: 'spki' }).subarray(12);
}

function x25519(secret: Buffer, peerPublic: Buffer): Buffer {
  const key = Buffer.concat([X25519_SPKI, peerPublic]);
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
  return diffieHellman({ privateKey: pkcs8(X25519_PKCS8, secret), publicKey });
}
