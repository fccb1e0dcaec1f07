/**
 * Writes `test/vectors/chain.json` (SPEC 8 and 11) with node:crypto and shares no code with the
 * package: `node packages/core/test/chain/generate-vectors.mjs`, then
 * `npx biome check --write packages/core/test/vectors/chain.json`.
 */
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign,
} from 'node:crypto';
import { writeFileSync } from 'node:fs';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const ascii = (text) => Buffer.from(text, 'latin1');
const u8 = (value) => Buffer.from([value]);
const u16 = (value) => number(value, 2);
const u32 = (value) => number(value, 4);
const u64 = (value) => number(value, 8);

function number(value, bytes) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out.subarray(8 - bytes);
}

function expandLabel(secret, label, context, length) {
  const full = ascii(`vcl1 ${label}`);
  const info = Buffer.concat([
    u16(length),
    u8(full.length),
    full,
    u8(context.length),
    context,
    u8(1),
  ]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

function salt(exporter, d, lane, n) {
  const key = expandLabel(exporter, 'salt', Buffer.from([d, lane]), 32);
  const block = Math.floor(n / 4);
  const iv = Buffer.alloc(16);
  iv.writeUInt32LE(block % 2 ** 32, 0);
  iv.writeUInt32LE(Math.floor(block / 2 ** 32), 4);
  const stream = createCipheriv('chacha20', key, iv).update(Buffer.alloc(64));
  return stream.subarray(16 * (n % 4), 16 * (n % 4) + 16);
}

const leaf = (lane, kind, n, saltBytes, payload) =>
  sha256(u8(0), u8(lane), u16(kind), u64(n), u64(payload.length), saltBytes, payload);
const genesis = (sid, d, lane) => sha256(ascii('VCL1 genesis'), sid, u8(d), u8(lane));
const link = (before, leafBytes) => sha256(u8(1), before, leafBytes);

function signerOf(fill) {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.alloc(32, fill),
  ]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    seed: Buffer.alloc(32, fill),
    publicKey: spki.subarray(12),
    sign: (m) => sign(null, m, key),
  };
}

function statementBytes(s) {
  return Buffer.concat([
    ascii('VCL1 checkpoint\0'),
    s.sid,
    u8(s.direction),
    u8(s.flags),
    u64(s.k),
    s.previousHash,
    u64(s.rThrough),
    s.rLink,
    u64(s.lThrough),
    s.lLink,
    u64(s.seen),
    s.seenHash,
    u32(s.epoch),
    s.eth,
    u64(s.timeMs),
  ]);
}

const entry = (type, ...body) => {
  const bytes = Buffer.concat(body);
  return Buffer.concat([u32(1 + bytes.length), u8(type), bytes]);
};

const exporter = Buffer.alloc(32, 0x66);
const th = Buffer.alloc(32, 0x55);
const client = signerOf(0x11);
const server = signerOf(0x22);
const sid = sha256(ascii('VCL1 session'), u32(1), client.publicKey, server.publicKey, th);
const none = Buffer.alloc(32);
const startMs = 1_700_000_000_000;

const salts = [
  [0, 0, 0],
  [0, 0, 1],
  [0, 0, 3],
  [0, 0, 4],
  [0, 1, 0],
  [1, 0, 0],
  [1, 1, 1_000_003],
  [0, 1, 2 ** 34 + 5],
].map(([direction, lane, n]) => ({ direction, lane, n, salt: salt(exporter, direction, lane, n) }));

const leaves = [
  { lane: 0, kind: 0, n: 0, payload: Buffer.alloc(0) },
  { lane: 0, kind: 7, n: 1, payload: ascii('hello') },
  { lane: 1, kind: 65_535, n: 4_294_967_296, payload: Buffer.alloc(1_200, 0xab) },
  { lane: 1, kind: 258, n: 2 ** 53 - 1, payload: Buffer.alloc(100_000, 0x5a) },
].map((l) => {
  const saltBytes = salt(exporter, 0, l.lane, l.n);
  const { payload, ...head } = l;
  const fill =
    payload.length > 5 ? { payloadFill: payload[0], payloadLength: payload.length } : { payload };
  return { ...head, ...fill, salt: saltBytes, leaf: leaf(l.lane, l.kind, l.n, saltBytes, payload) };
});

const chainLeaves = [0, 1, 2].map((n) =>
  leaf(0, 7, n, salt(exporter, 0, 0, n), ascii(`message ${n}`)),
);
const chainLinks = [genesis(sid, 0, 0)];
for (const each of chainLeaves) chainLinks.push(link(chainLinks.at(-1), each));

/** A session as the client records it: two messages, one of them lost, and everything signed. */
function log() {
  const hello = { d: 0, lane: 0, n: 0, payload: ascii('hello') };
  const lost = { d: 0, lane: 1, n: 0, payload: ascii('lost') };
  const yes = { d: 1, lane: 0, n: 0, payload: ascii('yes') };
  for (const m of [hello, lost, yes]) {
    m.salt = salt(exporter, m.d, m.lane, m.n);
    m.leaf = leaf(m.lane, 7, m.n, m.salt, m.payload);
  }
  const eth1 = sha256(th);
  const start = (d, lane) => genesis(sid, d, lane);
  const statements = [];
  const last = [none, none];
  const count = [0, 0];
  const state = (d, flags, r, rLink, l, lLink, epoch) => {
    const at = statements.length;
    const peer = 1 - d;
    const bytes = statementBytes({
      sid,
      direction: d,
      flags,
      k: count[d],
      previousHash: last[d],
      rThrough: r,
      rLink,
      lThrough: l,
      lLink,
      seen: count[peer],
      seenHash: last[peer],
      epoch,
      eth: epoch === 0 ? th : eth1,
      timeMs: startMs + at,
    });
    last[d] = sha256(bytes);
    count[d]++;
    const signature = (d === 0 ? client : server).sign(bytes);
    statements.push({ direction: d, statement: bytes, hash: last[d], signature });
    return entry(4, bytes, signature);
  };
  const message = (m) =>
    entry(
      2,
      u8(m.d),
      u8(m.lane),
      u16(7),
      u64(m.n),
      u64(m.payload.length),
      m.leaf,
      m.salt,
      m.payload,
    );
  const checked = (m) => message(m).subarray(0, 57);
  const session = entry(
    1,
    u32(1),
    u8(0),
    u8(0),
    u8(1),
    client.publicKey,
    server.publicKey,
    client.publicKey,
    server.publicKey,
    th,
    u64(startMs),
    u8(0),
  );
  const c0 = link(start(0, 0), hello.leaf);
  const c1 = link(start(0, 1), lost.leaf);
  const s0 = link(start(1, 0), yes.leaf);
  const open = [
    state(0, 1, 0, start(0, 0), 0, start(0, 1), 0),
    state(1, 1, 0, start(1, 0), 0, start(1, 1), 0),
  ];
  const first = state(0, 0, 1, c0, 1, c1, 0);
  const gap = entry(3, u8(0), u8(1), u64(0), u64(4), lost.leaf);
  const epoch = entry(5, u32(1), eth1);
  const finals = [state(0, 2, 1, c0, 1, c1, 1), state(1, 2, 1, s0, 0, start(1, 1), 1)];
  const endHead = Buffer.concat([u32(68), u8(6), u16(0), u8(0), u64(1), u64(1), u64(1), u64(0)]);
  const order = (form) => [
    session,
    ...open,
    form(hello),
    form(lost),
    gap,
    first,
    form(yes),
    epoch,
    ...finals,
    endHead,
  ];
  const checksum = sha256(...order(checked));
  const file = Buffer.concat([ascii('VCLLOG\0\x01'), ...order(message), checksum]);
  return { statements, file };
}

const hexed = (value) => {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (Array.isArray(value)) return value.map(hexed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hexed(inner)]));
};

const { statements, file } = log();
const vectors = {
  about:
    'Values for SPEC 8 and 11. Written by test/chain/generate-vectors.mjs; byte strings in hex.',
  exporter,
  client: { seed: client.seed, publicKey: client.publicKey },
  server: { seed: server.seed, publicKey: server.publicKey },
  th,
  sid,
  salts,
  leaves,
  genesis: [0, 1].flatMap((direction) =>
    [0, 1].map((lane) => ({ direction, lane, link: genesis(sid, direction, lane) })),
  ),
  chain: { leaves: chainLeaves, links: chainLinks },
  statements,
  log: file,
};
writeFileSync(
  new URL('../vectors/chain.json', import.meta.url),
  `${JSON.stringify(hexed(vectors), null, 2)}\n`,
);
