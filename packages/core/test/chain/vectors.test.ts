import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { genesis, SendChain } from '../../src/chain/lane-chain.js';
import { LeafHasher, LeafSalts, leafOf } from '../../src/chain/leaf.js';
import { decodeStatement, encodeStatement, statementHash } from '../../src/chain/statement.js';
import { fromHex, hex } from '../../src/crypto/bytes.js';
import { createNobleProvider } from '../../src/crypto/noble.js';
import { sessionId } from '../../src/crypto/session-id.js';
import { verifyLog } from './log-support.js';
import { crypto } from './node-crypto.js';
import { RecordedSession, VERSION } from './recorded-session.js';

type Direction = 0 | 1;
type Lane = 0 | 1;

interface Vectors {
  readonly exporter: string;
  readonly client: { readonly seed: string; readonly publicKey: string };
  readonly server: { readonly seed: string; readonly publicKey: string };
  readonly th: string;
  readonly sid: string;
  readonly salts: readonly { direction: Direction; lane: Lane; n: number; salt: string }[];
  readonly leaves: readonly {
    lane: Lane;
    kind: number;
    n: number;
    payload?: string;
    payloadFill?: number;
    payloadLength?: number;
    salt: string;
    leaf: string;
  }[];
  readonly genesis: readonly { direction: Direction; lane: Lane; link: string }[];
  readonly chain: { readonly leaves: readonly string[]; readonly links: readonly string[] };
  readonly statements: readonly {
    direction: Direction;
    statement: string;
    hash: string;
    signature: string;
  }[];
  readonly log: string;
}

const file = new URL('../vectors/chain.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const providers = [crypto, createNobleProvider(() => {})];

describe.each(providers)('the values of chain.json with $name', (provider) => {
  it('has these salts', () => {
    for (const { direction, lane, n, salt } of vectors.salts) {
      const out = new Uint8Array(20);
      new LeafSalts(provider, fromHex(vectors.exporter), direction, lane).salt(n, out, 3);
      expect(hex(out)).toBe(`000000${salt}00`);
    }
  });

  it('has these leaves, in one call and in pieces', () => {
    for (const vector of vectors.leaves) {
      const { lane, kind, n, payloadFill = 0, payloadLength = 0 } = vector;
      const filled = new Uint8Array(payloadLength).fill(payloadFill);
      const payload = vector.payload === undefined ? filled : fromHex(vector.payload);
      const salt = fromHex(vector.salt);
      for (const scratch of [new Uint8Array(0), new Uint8Array(200_000).fill(9)]) {
        expect(hex(leafOf(provider, scratch, lane, kind, n, salt, payload))).toBe(vector.leaf);
      }
      const hasher = new LeafHasher(provider, { lane, kind, n, length: payload.length, salt });
      hasher.update(payload.subarray(0, 3));
      hasher.update(payload.subarray(3));
      expect(hex(hasher.digest())).toBe(vector.leaf);
    }
  });

  it('has these links', () => {
    for (const { direction, lane, link } of vectors.genesis) {
      expect(hex(genesis(provider, fromHex(vectors.sid), direction, lane))).toBe(link);
    }
    const chain = new SendChain(provider, genesis(provider, fromHex(vectors.sid), 0, 0));
    const links = [hex(chain.link)];
    for (const leaf of vectors.chain.leaves) {
      chain.append(fromHex(leaf));
      links.push(hex(chain.link));
    }
    expect(links).toEqual(vectors.chain.links);
  });

  it('has this session id', () => {
    const clientKey = fromHex(vectors.client.publicKey);
    const serverKey = fromHex(vectors.server.publicKey);
    const parts = { version: VERSION, clientKey, serverKey, th: fromHex(vectors.th) };
    expect(hex(sessionId(provider, parts))).toBe(vectors.sid);
  });

  it('has these statements, hashes and signatures', () => {
    for (const { direction, statement, hash, signature } of vectors.statements) {
      const bytes = fromHex(statement);
      const out = new Uint8Array(254);
      encodeStatement(decodeStatement(bytes)!, out);
      expect(hex(out)).toBe(statement);
      expect(hex(statementHash(provider, bytes))).toBe(hash);
      const { seed, publicKey } = direction === 0 ? vectors.client : vectors.server;
      expect(hex(provider.createSigner(fromHex(seed)).sign(bytes))).toBe(signature);
      expect(provider.verify(fromHex(publicKey), bytes, fromHex(signature))).toBe(true);
    }
  });
});

describe('the log of chain.json', () => {
  it('is what two peers with these keys and messages write', () => {
    const session = new RecordedSession();
    session.send(0, 0, 'hello');
    session.send(0, 1, 'lost', 'lost');
    session.sign(0);
    session.send(1, 0, 'yes');
    session.rekey();
    session.finish();
    expect(hex(session.take())).toBe(vectors.log);
  });

  it('is whole', () => {
    expect(verifyLog(fromHex(vectors.log)).status).toBe('whole');
  });
});
