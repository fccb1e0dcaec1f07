/**
 * Writes handshake.json. It follows SPEC 2 to 5 with node:crypto and shares no code with the
 * package, so that the vectors judge the package and are not its echo. Usage:
 * `node packages/core/test/vectors/generate-handshake.mjs`
 */
import { Buffer } from 'node:buffer';
import * as nodeCrypto from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

const X25519_PRIVATE = '302e020100300506032b656e04220420';
const X25519_PUBLIC = '302a300506032b656e032100';
const ED25519_PRIVATE = '302e020100300506032b657004220420';
const NONE = Buffer.alloc(0);

const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const unhex = (text) => Buffer.from(text, 'hex');
const int = (size) => (value) =>
  unhex(
    BigInt(value)
      .toString(16)
      .padStart(2 * size, '0'),
  );
const [u8, u16, u32, u64] = [1, 2, 4, 8].map(int);
const sha256 = (...parts) =>
  nodeCrypto
    .createHash('sha256')
    .update(bytes(...parts))
    .digest();
const hmac = (key, data) => nodeCrypto.createHmac('sha256', key).update(data).digest();
const filled = (from) =>
  Buffer.from(Array.from({ length: 32 }, (_, index) => (from + index) & 255));

/** EL of SPEC 2.2; one HMAC block is enough for all lengths here. */
function label(secret, name, context, length) {
  const full = Buffer.from(`vcl1 ${name}`);
  const info = bytes(u16(length), u8(full.length), full, u8(context.length), context);
  return hmac(secret, bytes(info, u8(1))).subarray(0, length);
}

function x25519Public(secret) {
  return nodeCrypto.createPublicKey(privateKey(X25519_PRIVATE, secret)).export(DER).subarray(-32);
}

function x25519(secret, share) {
  const key = { key: bytes(unhex(X25519_PUBLIC), share), ...DER };
  const publicKey = nodeCrypto.createPublicKey(key);
  return nodeCrypto.diffieHellman({ privateKey: privateKey(X25519_PRIVATE, secret), publicKey });
}

function signer(seed) {
  const key = privateKey(ED25519_PRIVATE, seed);
  const publicKey = nodeCrypto.createPublicKey(key).export(DER).subarray(-32);
  return { publicKey, sign: (data) => nodeCrypto.sign(null, data, key) };
}

const DER = { format: 'der', type: 'spki' };
function privateKey(prefix, secret) {
  const key = bytes(unhex(prefix), secret);
  return nodeCrypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

const message = (type, ...body) => bytes(u8(type), u16(bytes(...body).length), ...body);
const varbytes16 = (value) => bytes(u16(value.length), value);

function seal(secret, aad, plaintext) {
  const salt = label(secret, 'salt', u32(0), 16);
  const nonce = bytes(salt, Buffer.alloc(8));
  return Buffer.from(
    xchacha20poly1305(label(secret, 'key', NONE, 32), nonce, aad).encrypt(plaintext),
  );
}

/** ID, AUTH and FIN of one side, and SEALED around them (SPEC 4.3). */
function authenticate(role, identity, secret, helloHash, transcript) {
  const id = message(4, identity.publicKey, u16(0));
  const signed = bytes(Buffer.alloc(64, 0x20), `VCL1 ${role} auth`, u8(0), sha256(transcript, id));
  const auth = message(5, identity.sign(signed));
  const finishedKey = label(secret, 'finished', NONE, 32);
  const fin = message(6, hmac(finishedKey, sha256(transcript, id, auth)));
  const sealed = message(7, seal(secret, helloHash, bytes(id, auth, fin)));
  return { id, auth, fin, sealed, transcript: bytes(transcript, id, auth, fin) };
}

function outerKeys(kind, secret) {
  const extracted = hmac('VCL1 outer', secret);
  const [okey, omask] = ['okey', 'omask'].map((name) => label(extracted, name, NONE, 32));
  return { kind, secret, extracted, okey, omask };
}

function envelope(outer, nonce, total, kind, attempt, flight) {
  const head = bytes(u8(kind), attempt, u16(0), u16(flight.length), u16(flight.length), flight);
  const plaintext = bytes(head, Buffer.alloc(total - 24 - 16 - head.length));
  return bytes(nonce, xchacha20poly1305(outer.okey, nonce).encrypt(plaintext));
}

function epochKeys(epoch, state, eth) {
  const secrets = ['c data', 's data'].map((name) => label(state, name, eth, 32));
  return {
    epoch,
    eth,
    state,
    secrets,
    keys: secrets.map((secret) => label(secret, 'key', NONE, 32)),
    saltsOfPath0: secrets.map((secret) => label(secret, 'salt', u32(0), 16)),
    saltsOfPath7: secrets.map((secret) => label(secret, 'salt', u32(7), 16)),
    sharedSecret: label(state, 'shared', eth, 32),
  };
}

function helloMessages(input) {
  const share = (secret) => bytes(u16(0x1d), varbytes16(x25519Public(secret)));
  const { clientRandom, timeMs, clientCid, versions, serverRandom, serverCid } = input;
  const ch = message(
    1,
    ...[clientRandom, u64(timeMs), clientCid, u8(versions.length), ...versions.map(u32)],
    ...[u8(1), u16(1), u8(1), share(input.clientEphemeral), varbytes16(input.clientParams)],
  );
  const sh = message(
    2,
    ...[serverRandom, u16(0), u32(input.version), u16(1), serverCid],
    ...[share(input.serverEphemeral), varbytes16(input.serverParams)],
  );
  return { ch, sh };
}

function handshake(name, input) {
  const [client, server] = [signer(input.clientSeed), signer(input.serverSeed)];
  const outer = outerKeys(input.outerKind, input.outerSecret(server.publicKey));
  const { ch, sh } = helloMessages(input);
  const helloHash = sha256(ch, sh);
  const dh = x25519(input.clientEphemeral, x25519Public(input.serverEphemeral));
  const early = hmac(Buffer.alloc(32), input.psk ?? Buffer.alloc(32));
  const hs = hmac(label(early, 'derived', NONE, 32), dh);
  const hsClient = label(hs, 'c hs', helloHash, 32);
  const hsServer = label(hs, 's hs', helloHash, 32);
  const byServer = authenticate('server', server, hsServer, helloHash, bytes(ch, sh));
  const byClient = authenticate('client', client, hsClient, helloHash, byServer.transcript);
  const th = sha256(byClient.transcript);
  const first = hmac(label(hs, 'derived', NONE, 32), Buffer.alloc(32));
  const epoch0 = epochKeys(0, first, th);
  const rekey = rotate(input, first, th);
  const sid = sha256('VCL1 session', u32(input.version), client.publicKey, server.publicKey, th);
  const envelopeNonce = filled(0x77).subarray(0, 24);
  const attempt = input.clientRandom.subarray(0, 8);
  return {
    name,
    input: { ...input, outerSecret: undefined, psk: input.psk ?? '' },
    outer,
    messages: { ch, sh, server: pick(byServer), client: pick(byClient) },
    secrets: { dh, early, hs, hsClient, hsServer, helloHash },
    th,
    sid,
    exporter: label(first, 'exporter', th, 32),
    hp: epoch0.secrets.map((secret) => label(secret, 'hp', NONE, 32)),
    epoch0,
    rekey,
    envelope: {
      nonce: envelopeNonce,
      total: 444,
      bytes: envelope(outer, envelopeNonce, 444, 1, attempt, ch),
    },
  };
}

function pick({ id, auth, fin, sealed }) {
  return { id, auth, fin, sealed };
}

function rotate(input, first, th) {
  const body = (secret) => bytes(u8(1), u8(1), u16(0x1d), varbytes16(x25519Public(secret)));
  const init = body(input.clientRekey);
  const resp = body(input.serverRekey);
  const dh = x25519(input.clientRekey, x25519Public(input.serverRekey));
  const state = hmac(label(first, 'ratchet', th, 32), dh);
  return { init, resp, dh, epoch1: epochKeys(1, state, sha256('VCL1 rekey', th, init, resp)) };
}

const common = {
  clientSeed: filled(0x10),
  serverSeed: filled(0x40),
  clientEphemeral: filled(0x80),
  serverEphemeral: filled(0xa0),
  clientRandom: filled(0x01),
  serverRandom: filled(0xc0),
  clientRekey: filled(0x21),
  serverRekey: filled(0x61),
  clientCid: unhex('c0c1c2c3c4c5c6c7'),
  serverCid: unhex('50515253545556ff'),
  timeMs: 1_790_000_000_123,
};
const open = {
  ...common,
  outerKind: 'open',
  outerSecret: () => Buffer.alloc(32),
  versions: [1],
  version: 1,
  clientParams: NONE,
  serverParams: NONE,
};
const keyed = {
  ...common,
  outerKind: 'key',
  outerSecret: (serverKey) => sha256(serverKey),
  versions: [2, 1],
  version: 1,
  // idle_timeout 30000, max_datagram 1452, delivery authenticated, carriers udp and tcp.
  clientParams: unhex('0104800075300202' + '45ac' + '0e0101' + '10020102' + '120101'),
  // max_checkpoint_rate 500, delivery authenticated.
  serverParams: unhex('0a0241f4' + '0e0101' + '120101'),
  psk: filled(0xe0),
};

const vectors = {
  about: 'SPEC 2.2, 2.5, 3.1, 4 and 5.1 to 5.3; see README.md. Byte strings are hexadecimal.',
  handshakes: [handshake('open', open), handshake('server key and pre-shared key', keyed)],
};
const asHex = (_key, value) =>
  value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value;
const target = new URL('handshake.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(vectors, asHex, 2)}\n`);
