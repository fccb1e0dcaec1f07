import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createNobleProvider } from '../../src/crypto/noble.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { LegacySession, type LegacySessionOptions } from '../../src/legacy/session.js';
import type { LegacySessionEvent } from '../../src/legacy/session-event.js';
import { CrateTwin } from './crate-twin.js';

interface Vectors {
  readonly seed: string;
  readonly publicKey: string;
  readonly handshake: Record<
    | 'clientSecret'
    | 'serverSecret'
    | 'clientPublicKey'
    | 'serverPublicKey'
    | 'sessionKey'
    | 'clientHello'
    | 'serverHello'
    | 'ack',
    string
  >;
  readonly packets: readonly {
    readonly type: 'Data' | 'Ping' | 'Fragment' | 'KeyRotation';
    readonly sequence: number;
    readonly prevHash: string;
    readonly nonce: string;
    readonly plaintext: string;
    readonly bytes: string;
    readonly hash: string;
  }[];
  readonly rotationSecret: string;
  readonly structure: Record<
    'sequence' | 'prevHash' | 'nonce' | 'payload' | 'hash' | 'bytes',
    string
  >;
  readonly fragment: {
    readonly id: string;
    readonly index: number;
    readonly total: number;
    readonly data: string;
    readonly bytes: string;
  };
}

/** What the crate is known to send. */
export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../vectors/legacy-rust-1.5.json', import.meta.url), 'utf8'),
);

export const crypto: CryptoProvider = createNobleProvider((out) => {
  randomFillSync(out);
});

/** The cryptography whose random bytes are the given secrets, one after the other. */
export function withSecrets(...secrets: readonly Uint8Array[]): CryptoProvider {
  const left = [...secrets];
  return { ...crypto, randomBytes: (out) => out.set(left.shift() ?? new Uint8Array(out.length)) };
}

/** 32 bytes that both sides sign with. */
export const SEED: Uint8Array = new Uint8Array(32).fill(7);
/** 32 bytes that both sides encrypt with. */
export const KEY: Uint8Array = new Uint8Array(32).fill(9);

export function makeSession(options: Partial<LegacySessionOptions> = {}): LegacySession {
  const signer = crypto.createSigner(SEED);
  return new LegacySession({
    crypto,
    key: KEY,
    signer,
    peerKey: signer.publicKey,
    fragmentSize: 1_200,
    maxMessageBytes: 1_000_000,
    acceptRotation: true,
    idleTimeoutMs: 60_000,
    gapTimeoutMs: 1_000,
    now: 0,
    ...options,
  });
}

/** A session and a peer of the crate that have shaken hands. */
export function makePair(options: Partial<LegacySessionOptions> = {}): {
  readonly session: LegacySession;
  readonly twin: CrateTwin;
} {
  const twin = new CrateTwin(SEED);
  const secret = new Uint8Array(32).fill(5);
  const hello = new Uint8Array(36).fill(0);
  hello.set(crypto.x25519PublicKey(secret), 4);
  const answer = twin.onClientHello(hello);
  const key = crypto.x25519(secret, answer.subarray(4));
  if (key === undefined) throw new Error('the twin has no usable key');
  return { session: makeSession({ key, ...options }), twin };
}

export function drainTransmits(session: LegacySession, now = 0): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let next = session.pollTransmit(now); next; next = session.pollTransmit(now)) all.push(next);
  return all;
}

export function drainEvents(session: LegacySession): LegacySessionEvent[] {
  const all: LegacySessionEvent[] = [];
  for (let next = session.pollEvent(); next; next = session.pollEvent()) all.push(next);
  return all;
}

/** The reasons of what was dropped, in order. */
export function drops(events: readonly LegacySessionEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'dropped' ? [event.reason] : []));
}

/** The messages that were delivered, as text. */
export function texts(events: readonly LegacySessionEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'message' ? [Buffer.from(event.payload).toString()] : [],
  );
}

export function text(value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(value));
}
