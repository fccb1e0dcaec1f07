// A server on loopback and links to it, for the trials of the QUIC suite.
import { readFileSync } from 'node:fs';
import { platform } from '../../../packages/vcl-protocol/dist/node/platform.js';
import { QuicChild } from '../../../packages/vcl-protocol/dist/quic/child-process.js';
import { dialQuic, listenQuic } from '../../../packages/vcl-protocol/dist/quic/index.js';

const crypto = platform.chooseProvider();
const ADDRESS = '127.0.0.1';
const PAGE_BYTES = 4_096;

/** An identity that is always the same. */
export function signerOf(seed) {
  return crypto.createSigner(new Uint8Array(32).fill(seed));
}

/** The id of the process that runs QUIC. */
export function childId() {
  return QuicChild.processId;
}

/** How much memory a process holds, in bytes; undefined where the system does not tell. */
export function residentBytes(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}

/** Resolves after `ms`. */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves true when `holds`, false when it does not within `limitMs`. */
export async function until(holds, limitMs = 10_000) {
  const endsAt = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > endsAt) return false;
    await pause(2);
  }
  return true;
}

/** Takes what comes on a link. */
export function listenTo(link, onRecord = () => undefined) {
  const state = { records: 0, bytes: 0, ending: undefined, drains: 0 };
  link.start({
    onRecord: (record) => {
      state.records++;
      state.bytes += record.length;
      onRecord(record);
    },
    onDrain: () => state.drains++,
    onClosed: (error) => {
      state.ending = { error, at: performance.now() };
    },
  });
  return state;
}

/** Sends records of `size` bytes, made by `fill`, and waits for room. */
export async function sendAll(link, { count, size, fill = () => undefined, isDone = () => false }) {
  for (let i = 0; i < count && !link.remote.isLost && !isDone(); i++) {
    const record = new Uint8Array(i === 0 ? Math.min(size, 512) : size);
    fill(record, i);
    link.send(record);
    if (!link.remote.isFull) continue;
    link.flush();
    await new Promise((resolve) => link.remote.whenChanged(resolve));
  }
  link.flush();
}

/** A server, and the links that came to it. */
export class Place {
  #server;
  #arrived = [];
  signer = signerOf(1);

  static async open(options = {}) {
    const place = new Place();
    const { signer } = place;
    place.#server = await listenQuic({ address: ADDRESS, port: 0, signer, ...options });
    place.#server.start((link) => place.#arrived.push(link));
    return place;
  }

  get port() {
    return this.#server.local.port;
  }

  /** The next link that came; undefined when none comes. */
  async next(limitMs = 5_000) {
    await until(() => this.#arrived.length > 0, limitMs);
    return this.#arrived.shift();
  }

  dial(options = {}, port = this.port) {
    const trust = { serverKey: this.signer.publicKey };
    return dialQuic({ host: ADDRESS, port }, { ...trust, ...options });
  }

  async pair(options = {}, port = this.port) {
    const client = await this.dial(options, port);
    return [client, await this.next()];
  }

  close() {
    return this.#server.close();
  }
}

/** Runs `trial` with a place that is closed in the end. */
export async function atPlace(options, trial) {
  const place = await Place.open(options);
  try {
    return await trial(place);
  } finally {
    await place.close();
  }
}
