// A live connection without a handshake: its keys follow from constants, and its cryptography costs
// next to nothing, so that every run can have one of its own.
import { Connection } from '../../../packages/core/dist/connection/connection.js';
import { sessionId } from '../../../packages/core/dist/crypto/session-id.js';
import { localParams } from '../../../packages/core/dist/endpoint/endpoint-options.js';
import { EpochSecrets, headerKey } from '../../../packages/core/dist/handshake/epoch-secrets.js';
import { MemoryBudget } from '../../../packages/core/dist/message/memory-budget.js';
import { resolveConfig } from '../../../packages/core/dist/resolve-config.js';
import { createFakeProvider } from './fake-crypto.mjs';

const UNIX_START_MS = 1_767_225_600_000;
const PROCESS_MEMORY_BYTES = 48 * 2 ** 20;

/** Where the two sides are. */
export const ADDRESSES = {
  client: { address: '192.0.2.1', port: 40_000 },
  server: { address: '198.51.100.1', port: 4_433 },
};

/** Settings of a session that recordings and runs share. */
const SETTINGS = [
  resolveConfig({ delivery: 'signed', rekeyPackets: 2 ** 20 }),
  resolveConfig({ delivery: 'authenticated', evidence: 'session', receiveWindowMaxBytes: 65_536 }),
  resolveConfig({ delivery: 'signed', signing: 'message', maxMessageBytes: 70_000 }),
  resolveConfig({ delivery: 'authenticated', messageDeadlineMs: 500, congestion: 'newreno' }),
].map((config) => ({ config, params: localParams({ config }, 0) }));

const CONFIG_COUNT = SETTINGS.length;

/** The outer mask is tried elsewhere. */
const NO_MASK = {
  mask(_buffer, _offset, out) {
    out.fill(0);
  },
};
const bytesOf = (value, length = 32) => new Uint8Array(length).fill(value);

const KEYS = { client: bytesOf(0x11), server: bytesOf(0x22) };
const TH = bytesOf(0x33);
/** What all sessions have in common; it is made once. */
const SHARED = makeShared();

function makeShared() {
  const crypto = createFakeProvider();
  const epoch0 = EpochSecrets.first(crypto, bytesOf(0x44), TH);
  const hpKeys = [0, 1].map((direction) => headerKey(crypto, epoch0.directionSecret(direction)));
  const { client: clientKey, server: serverKey } = KEYS;
  return { sid: sessionId(crypto, { version: 1, clientKey, serverKey, th: TH }), hpKeys };
}

/** The id of the connection that side gives out under that number. */
export function cidOf(role, sequence) {
  return Uint8Array.of(role === 'client' ? 0xc1 : 0x5e, 0, 0, 0, 0, 0, sequence >> 8, sequence);
}

/**
 * Makes one side of a session whose handshake is over.
 *
 * @param role which side
 * @param options `config`, 0 to 3; `isLenient` signatures; `record`
 * @returns `connection`, its `crypto`, the key of the header mask of what it receives, and `cids`:
 *   the numbers of the ids it has issued
 */
export function makeConnection(role, { config: number = 0, isLenient = false, record } = {}) {
  const { config, params } = SETTINGS[number % CONFIG_COUNT];
  const crypto = createFakeProvider({ isLenient, seed: role === 'client' ? 17 : 71 });
  const epoch0 = EpochSecrets.first(crypto, bytesOf(0x44), TH);
  const { sid, hpKeys } = SHARED;
  const peer = role === 'client' ? 'server' : 'client';
  const cids = new Set([0]);
  const connection = new Connection({
    crypto,
    config,
    handshake: {
      role,
      version: 1,
      sid,
      th: TH,
      exporter: bytesOf(0x66),
      epoch0,
      hpKeys,
      serverKey: KEYS.server,
      clientKey: KEYS.client,
      peerParams: params,
      peerCid: cidOf(peer, 0),
      localCid: cidOf(role, 0),
      attempt: bytesOf(0x77, 8),
      rttSampleMs: 20,
    },
    outer: { kind: 'open', secret: bytesOf(0), okey: bytesOf(0), omask: NO_MASK },
    identity: crypto.createSigner(KEYS[role]),
    remote: ADDRESSES[peer],
    localParams: params,
    cids: {
      issue(sequence) {
        cids.add(sequence);
        return cidOf(role, sequence);
      },
      retire: (sequence) => cids.delete(sequence),
    },
    memory: new MemoryBudget(PROCESS_MEMORY_BYTES),
    now: 0,
    unixOffsetMs: UNIX_START_MS,
    ownCheckpointRate: 2_000,
    inlineSignatures: true,
    record,
    keyLog: false,
    wake() {},
  });
  return { connection, crypto, cids, hpKeys };
}
