// What people write: addresses, keys, files. A wrong one is answered with a VCLError that names what
// is wrong; any other exception is a finding. Files are read from memory, see engine/memory-fs.mjs.
import { parseLoss, parseSeed, parseSize } from '../../packages/cli/dist/demo/options.js';
import { fromHex, hex } from '../../packages/core/dist/crypto/bytes.js';
import { resolveConfig } from '../../packages/core/dist/resolve-config.js';
import { formatAddress, parseAddress } from '../../packages/vcl-protocol/dist/carrier-address.js';
import {
  decryptPayload,
  encryptPayload,
  KeyPair,
} from '../../packages/vcl-protocol/dist/crypto.js';
import { normalizeHost } from '../../packages/vcl-protocol/dist/identity/host-name.js';
import {
  decodePublicKey,
  encodePublicKey,
} from '../../packages/vcl-protocol/dist/identity/public-key.js';
import { AuthorizedKeys } from '../../packages/vcl-protocol/dist/node/identity/authorized-keys.js';
import { loadKeyFile } from '../../packages/vcl-protocol/dist/node/identity/key-file.js';
import { KnownHosts } from '../../packages/vcl-protocol/dist/node/identity/known-hosts.js';
import { setFile } from '../engine/memory-fs.mjs';
import { check, checkSameBytes, readPersonFile, readPersonInput } from './support/checks.mjs';
import { drawConfig } from './support/configs.mjs';

const latin1 = new TextDecoder('latin1');
const bytesOf = (text) => Uint8Array.from(Buffer.from(text, 'utf8'));
const textOf = (input) => {
  const text = Buffer.from(input.buffer, input.byteOffset, input.length).toString('utf8');
  return text.includes('\ufffd') ? latin1.decode(input) : text;
};

const pair = KeyPair.fromSeed(new Uint8Array(32).fill(7));
const other = KeyPair.fromSeed(new Uint8Array(32).fill(8));
const KEY = encodePublicKey(pair.publicKey);
const OTHER = encodePublicKey(other.publicKey);
const SEED = Buffer.from(pair.privateKey).toString('base64url');
const IDENTITY = `vcl-identity-v1\npublic ${KEY}\nseed ${SEED}\n`;
const HOST = 'server.example:4433';

const TOKENS = ['vcl-ed25519:', KEY, OTHER, '\n', '\r\n', ' ', '\t', '#', 'enrolled', '[::1]:80']
  .concat(['seed ', 'public ', 'vcl-identity-v1', 'rsa:x', '=', '_', '\0', '\ufeff', '%eth0', '::'])
  .concat(['65535', '65536', '0', ':0', 'xn--', 'K', '4G', '0.5%', '9'.repeat(20), 'e9'])
  .map(bytesOf);

function textTarget(name, seeds, run, maxBytes = 200) {
  const read = (input) => run(textOf(input), input);
  return {
    name,
    maxBytes,
    isText: true,
    dictionary: TOKENS,
    seeds: () => seeds.map(bytesOf),
    run: read,
  };
}

const texts = [
  textTarget('public-key', [KEY, OTHER, 'vcl-ed25519:AAAA', 'ssh-ed25519 AAAA'], (text) => {
    const key = readPersonInput(() => decodePublicKey(text), ['InvalidKey']);
    if (key !== undefined) check(encodePublicKey(key) === text, 'a key with a second form');
  }),
  textTarget('address', ['127.0.0.1:8080', '[::1]:80', 'host', '::1:80', 'a:0'], (text) => {
    for (const purpose of ['bind', 'connect']) {
      const address = readPersonInput(() => parseAddress(text, purpose), ['IoError']);
      if (address === undefined) continue;
      check(address.host !== '' && address.port <= 65_535, 'a wrong address');
      const written = formatAddress({ address: address.host, port: address.port });
      const again = parseAddress(written, purpose);
      check(again.host === address.host && again.port === address.port, 'a second form');
    }
  }),
  textTarget('host-name', [HOST, '[2001:DB8::1]:22', 'Ex.ample:1', '[fe80::1%eth0]:9'], (text) => {
    const host = readPersonInput(() => normalizeHost(text), ['InvalidConfig']);
    if (host === undefined) return;
    check(!/\s/.test(host), 'white space in a name');
    check(normalizeHost(host) === host, 'a name with two forms');
  }),
  textTarget('hex', ['', '00ff', 'ABcd', '0', 'zz'], (text) => {
    const bytes = readPersonInput(() => fromHex(text), ['SerializationError']);
    if (bytes !== undefined) check(hex(bytes) === text.toLowerCase(), 'another text');
  }),
  textTarget('demo-options', ['1', '20M', '4G', '0.5', '2%', '4294967295'], (text) => {
    for (const parse of [parseSize, parseLoss, parseSeed]) {
      try {
        check(Number.isFinite(parse(text)) && parse(text) >= 0, 'a number that is none');
      } catch (error) {
        if (error?.code !== 'commander.invalidArgument') throw error;
      }
    }
  }),
];

/** A file with one key a line must never answer for a key that it does not hold. */
const files = [
  textTarget(
    'key-file',
    [IDENTITY, IDENTITY.trimEnd(), IDENTITY.replace('v1', 'v2')],
    async (_text, input) => {
      setFile(input);
      const loaded = await readPersonFile(() => loadKeyFile('identity'), ['InvalidKey', 'IoError']);
      if (loaded === undefined) return;
      checkSameBytes(loaded.publicKey, KeyPair.fromSeed(loaded.privateKey).publicKey, 'two keys');
    },
    320,
  ),
  textTarget(
    'known-hosts',
    [`${HOST} ${KEY}\n`, `# mine\n\n${HOST} ${OTHER} note\n[::1]:80 ${KEY}\n`, 'a:1 rsa:x\n'],
    async (text, input) => {
      setFile(input);
      const hosts = new KnownHosts('known_hosts');
      const codes = ['InvalidKey', 'IoError'];
      const found = await readPersonFile(() => hosts.lookup(HOST, pair.publicKey), codes);
      if (found === 'match') check(text.includes(KEY), 'a match without the key');
      if (typeof found === 'object') check(found.line >= 1, 'a change in no line');
    },
    480,
  ),
  textTarget(
    'authorized-keys',
    [`${KEY}\n`, `# all\n${OTHER} enrolled 2026\n${KEY} me\n`, 'rsa:x y\n'],
    async (text, input) => {
      setFile(input);
      const keys = new AuthorizedKeys({ path: 'authorized_keys' });
      const codes = ['InvalidKey', 'IoError', 'InvalidConfig'];
      const verdict = await readPersonFile(() => keys.accepts(pair.publicKey), codes);
      if (verdict === 'listed') check(text.includes(KEY), 'listed without the key');
      check(verdict !== 'enrolled', 'enrolled though nobody may');
      await readPersonFile(() => keys.check(), codes);
    },
    480,
  ),
];

const SECRET = new Uint8Array(32).fill(3);

/** Ciphertext, key and nonce of any length. */
function runPayload(input) {
  const keyBytes = input.length > 0 && input[0] < 8 ? input[0] * 5 : 32;
  const nonceBytes = input.length > 1 && input[1] < 8 ? input[1] * 4 : 24;
  const nonce = input.slice(2, 2 + nonceBytes);
  const ciphertext = input.subarray(2 + nonceBytes);
  const codes = ['InvalidKey', 'CryptoError'];
  readPersonInput(() => decryptPayload(ciphertext, SECRET.subarray(0, keyBytes), nonce), codes);
}

/** Settings of every kind: refused with the name of one of them, or resolved to something stable. */
function runConfig(input) {
  const config = drawConfig(input);
  const resolved = readPersonInput(() => resolveConfig(config), ['InvalidConfig']);
  if (resolved === undefined) return;
  check(JSON.stringify(resolveConfig(resolved)) === JSON.stringify(resolved), 'resolved twice');
}

export const targets = [
  ...texts,
  ...files,
  {
    name: 'decrypt-payload',
    maxBytes: 120,
    generate: (random) => {
      const { ciphertext, nonce } = encryptPayload(random.bytes(random.skewed(5)), SECRET);
      return Uint8Array.from([99, 99, ...nonce, ...ciphertext]);
    },
    run: runPayload,
  },
  { name: 'config', maxBytes: 64, generate: (random) => random.bytes(24), run: runConfig },
];
