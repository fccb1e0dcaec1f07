import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

export type Direction = 0 | 1;
export type Lane = 0 | 1;

export interface TestSessionOptions {
  readonly evidence?: 'identity' | 'session';
  readonly payloads?: 'kept' | 'redacted';
  /** Tells sessions of the same peers apart. */
  readonly th?: number;
}

interface LaneState {
  through: number;
  link: Buffer;
}

interface StatementState {
  k: number;
  lastHash: Buffer;
}

/**
 * Writes a session log as SPEC 8 and 11 say, and with nothing of the library: what `vcl verify`
 * makes of it is then a check of both.
 */
export class TestSession {
  readonly sid: Buffer;
  readonly #parts: Buffer[] = [];
  readonly #checksum = createHash('sha256');
  readonly #kept: boolean;
  readonly #th: Buffer;
  readonly #signers: readonly KeyObject[];
  readonly #lanes: readonly (readonly [LaneState, LaneState])[];
  readonly #statements: readonly StatementState[] = [
    { k: 0, lastHash: Buffer.alloc(32) },
    { k: 0, lastHash: Buffer.alloc(32) },
  ];

  constructor({ evidence = 'identity', payloads = 'kept', th = 5 }: TestSessionOptions = {}) {
    this.#kept = payloads === 'kept';
    this.#th = Buffer.alloc(32, th);
    const identities = [keyOf(1), keyOf(2)];
    this.#signers = evidence === 'identity' ? identities : [keyOf(3), keyOf(4)];
    const keys = identities.map(publicBytes);
    this.sid = sha256('VCL1 session', u32(1), ...keys, this.#th);
    this.#lanes = [0, 1].map((d) => [this.#genesis(d, 0), this.#genesis(d, 1)] as const);
    this.#entry(
      1,
      u32(1),
      [1, evidence === 'identity' ? 0 : 1, this.#kept ? 1 : 0],
      ...keys,
      ...this.#signers.map(publicBytes),
      this.#th,
      u64(START_MS),
      [0],
    );
    this.sign(0, OPEN);
    this.sign(1, OPEN);
  }

  /** A message, logged by the receiver. */
  send(direction: Direction, lane: Lane, text: string | Uint8Array): this {
    const payload = Buffer.from(text);
    const { n, leaf, salt } = this.#number(direction, lane, payload);
    const head = Buffer.concat([
      Buffer.from([direction, lane]),
      u16(KIND),
      u64(n),
      u64(payload.length),
      leaf,
    ]);
    const shown = this.#kept ? Buffer.concat([salt, payload]) : Buffer.alloc(0);
    const entry = framed(2, Buffer.concat([head, shown]));
    this.#parts.push(entry);
    this.#checksum.update(entry.subarray(0, entry.length - shown.length));
    return this;
  }

  /** A lossy message that never arrived. */
  lose(direction: Direction, text: string): this {
    const payload = Buffer.from(text);
    const { n, leaf } = this.#number(direction, 1, payload);
    this.#entry(3, [direction, 1], u64(n), u64(payload.length), leaf);
    return this;
  }

  /** A statement of `direction` over all its messages so far. */
  sign(direction: Direction, flags = 0): this {
    const own = this.#statements[direction]!;
    const peer = this.#statements[1 - direction]!;
    const [r, l] = this.#lanes[direction]!;
    const statement = Buffer.concat([
      Buffer.from('VCL1 checkpoint\0'),
      this.sid,
      Buffer.from([direction, flags]),
      u64(own.k),
      own.lastHash,
      u64(r.through),
      r.link,
      u64(l.through),
      l.link,
      u64(peer.k),
      peer.lastHash,
      u32(0),
      this.#th,
      u64(START_MS + 1_000 * own.k),
    ]);
    this.#entry(4, statement, sign(null, statement, this.#signers[direction]!));
    own.lastHash = sha256(statement);
    own.k++;
    return this;
  }

  /** FINAL in both directions, and END. */
  finish(): this {
    this.sign(0, FINAL).sign(1, FINAL);
    const counts = this.#lanes.flatMap(([r, l]) => [u64(r.through), u64(l.through)]);
    const body = Buffer.concat([u16(0), Buffer.from([1]), ...counts]);
    const entry = framed(6, Buffer.concat([body, Buffer.alloc(32)]));
    this.#checksum.update(entry.subarray(0, entry.length - 32));
    this.#checksum.digest().copy(entry, entry.length - 32);
    this.#parts.push(entry);
    return this;
  }

  /** The session's entries, without the name of the format. */
  entries(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** The log as a file. */
  file(): Buffer {
    return logFile(this);
  }

  #number(
    direction: Direction,
    lane: Lane,
    payload: Buffer,
  ): { n: number; leaf: Buffer; salt: Buffer } {
    const state = this.#lanes[direction]![lane];
    const n = state.through++;
    const salt = Buffer.alloc(16, n);
    const leaf = sha256([0, lane], u16(KIND), u64(n), u64(payload.length), salt, payload);
    state.link = sha256([1], state.link, leaf);
    return { n, leaf, salt };
  }

  #genesis(direction: number, lane: number): LaneState {
    return { through: 0, link: sha256('VCL1 genesis', this.sid, [direction, lane]) };
  }

  #entry(type: number, ...parts: Part[]): void {
    const entry = framed(type, Buffer.concat(parts.map(bufferOf)));
    this.#parts.push(entry);
    this.#checksum.update(entry);
  }
}

/** Sessions one after the other in a file. */
export function logFile(...sessions: TestSession[]): Buffer {
  return Buffer.concat([Buffer.from('VCLLOG\0\x01'), ...sessions.map((each) => each.entries())]);
}

/** The public key of the client (0) or the server (1) of every test session, 32 bytes. */
export function testPublicKey(side: 0 | 1): Buffer {
  return publicBytes(keyOf(side + 1));
}

export const START_MS: number = Date.UTC(2026, 0, 2, 3, 4, 5);
const OPEN = 1;
const FINAL = 2;
const KIND = 7;

type Part = Uint8Array | string | number[];

function bufferOf(part: Part): Buffer {
  return typeof part === 'string' ? Buffer.from(part) : Buffer.from(part);
}

function sha256(...parts: Part[]): Buffer {
  return createHash('sha256')
    .update(Buffer.concat(parts.map(bufferOf)))
    .digest();
}

function framed(type: number, body: Buffer): Buffer {
  return Buffer.concat([u32(body.length + 1), Buffer.from([type]), body]);
}

function u16(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 0xff]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function keyOf(fill: number): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = Buffer.concat([prefix, Buffer.alloc(32, fill)]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
}
