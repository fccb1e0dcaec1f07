// A server and a client in their namespaces, and a transfer between them that the suite disturbs.

import { delay, until } from '../../lib/carriers/waiting.mjs';
import { Worker } from '../../lib/carriers/worker.mjs';
import { SERVER_ADDRESS } from './network.mjs';

const PEER = new URL('peer.mjs', import.meta.url);
const TRANSFER_MS = 180_000;
const CARRIER_MS = 30_000;
const PROGRESS_MS = 20_000;

/** Two processes with a session between them. */
export class Link {
  #server;
  #client;

  /** @param network where they run */
  constructor(network) {
    this.#server = new Worker(PEER, { prefix: network.prefix('s') });
    this.#client = new Worker(PEER, { prefix: network.prefix('c') });
  }

  /**
   * Connects.
   *
   * @param options `port` of the server; `scheme` of the client, none or '' for the automatic choice;
   *   `certificate`; `client`: more to bind with
   * @returns `connectedMs`, `firstDataMs`, `carrier`
   */
  async connect({ port = 0, scheme, certificate, client = {} } = {}) {
    const { ca, ...tls } = certificate ?? {};
    const ofServer = certificate === undefined ? {} : { carriers: { tls } };
    const place = await this.#server.order('listen', {
      // QUIC has a port of its own.
      address: scheme === 'quic' ? 'quic://0.0.0.0:0' : `0.0.0.0:${port}`,
      options: ofServer,
    });
    const prefix = scheme ? `${scheme}://` : '';
    const ofClient = certificate === undefined ? {} : { tls: { ca, servername: 'localhost' } };
    return await this.#client.order('connect', {
      address: `${prefix}${SERVER_ADDRESS}:${place.port}`,
      serverKey: place.serverKey,
      options: { carriers: { proxy: 'none', ...ofClient }, ...client },
    });
  }

  /**
   * Transfers, while `disturb` does something as soon as a quarter has arrived.
   *
   * @param bytes `up`, from the client, and `down`
   * @returns the problems, and the longest time without a message on either side that receives, ms
   */
  async transfer({ up = 0, down = 0 }, disturb) {
    const disturbing = disturb && this.#disturbAfter({ up, down }, disturb);
    const [sentUp, sentDown, client, server] = await Promise.all([
      this.#client.order('send', { bytes: up }, TRANSFER_MS),
      this.#server.order('send', { bytes: down }, TRANSFER_MS),
      this.#client.order('receive', { bytes: down }, TRANSFER_MS),
      this.#server.order('receive', { bytes: up }, TRANSFER_MS),
      disturbing,
    ]);
    const problems = [];
    if (server.digest !== sentUp.digest) problems.push('what came up is not what was sent');
    if (client.digest !== sentDown.digest) problems.push('what came down is not what was sent');
    for (const [side, { disorder }] of Object.entries({ server, client })) {
      if (disorder > 0) problems.push(`the ${side} got ${disorder} messages out of order`);
    }
    return { problems, longestMs: Math.round(Math.max(client.longestMs, server.longestMs)) };
  }

  /** What the session is on, by the client's word. */
  async carrier() {
    return (await this.#client.order('state')).carrier;
  }

  /** Waits until the session is on `carrier`. @returns how long that took, ms */
  async reaches(carrier, withinMs = CARRIER_MS) {
    const start = performance.now();
    await until(withinMs, `the session is on ${carrier}`, async () => {
      await delay(20);
      return (await this.carrier()) === carrier;
    });
    return Math.round(performance.now() - start);
  }

  /** How often the client has changed to another carrier. */
  async changes() {
    return (await this.#client.order('state')).carriers.length;
  }

  /** Closes in order. @returns what is wrong with the two logs, which are of one session */
  async close() {
    const client = await this.#client.order('close');
    const server = await this.#server.order('close');
    const problems = [];
    for (const [side, { statuses, sids }] of Object.entries({ client, server })) {
      if (statuses.join() !== 'whole') problems.push(`the ${side}'s logs: ${statuses.join()}`);
      if (sids.length !== 1) problems.push(`the ${side} had ${sids.length} sessions`);
    }
    if (client.sids[0] !== server.sids[0]) problems.push('the two sides had different sessions');
    if (String(client.through) !== String(server.through)) {
      problems.push(`signed: ${client.through} by the client, ${server.through} by the server`);
    }
    return problems;
  }

  kill() {
    this.#server.kill();
    this.#client.kill();
  }

  async #disturbAfter({ up, down }, disturb) {
    const [receiver, bytes] = up > 0 ? [this.#server, up] : [this.#client, down];
    const { received } = await receiver.order('progress');
    const enough = received + bytes / 4;
    await until(PROGRESS_MS, 'a quarter has arrived', async () => {
      await delay(20);
      return (await receiver.order('progress')).received >= enough;
    });
    await disturb();
  }
}
