// A server and its clients on one carrier, with logs that are verified at the end.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  KeyPair,
  MemoryNetwork,
  VCLConnection,
  VCLListener,
  verifySessionLog,
} from '../../../packages/vcl-protocol/dist/index.js';
import { within } from '../../lib/carriers/waiting.mjs';
import { bindOptions } from './carriers.mjs';

const CONNECT_MS = 12_000;
const CLOSE_MS = 10_000;

/** One listener, and whoever connects to it. */
export class Scene {
  carrier;
  listener;
  /** Of a carrier that is in memory. */
  network;
  #directory;
  #options;
  #connections = [];
  #stop = new AbortController();
  #logs = 0;

  /**
   * @param carrier of the table
   * @param surroundings as `bindOptions` takes them
   * @param options `server` and `client`: more to bind with; `isRecorded`: whether both sides keep
   *   logs; `memory`: the network of a carrier that is in memory
   */
  static async open(carrier, surroundings, options = {}) {
    const { server = {}, client = {}, isRecorded = false } = options;
    const scene = new Scene(carrier);
    scene.#directory = await mkdtemp(join(tmpdir(), `vcl-compliance-${process.pid}-`));
    const memory = options.memory ?? new MemoryNetwork();
    scene.network = memory;
    const both = bindOptions(carrier, { ...surroundings, memory });
    scene.#options = { ...both, ...client, isRecorded };
    scene.listener = await VCLListener.bind(`${carrier.scheme}://127.0.0.1:0`, {
      clients: 'any',
      identity: KeyPair.generate(),
      signal: scene.#stop.signal,
      ...(isRecorded ? { record: { directory: join(scene.#directory, 'server') } } : {}),
      ...both,
      ...server,
    });
    return scene;
  }

  constructor(carrier) {
    this.carrier = carrier;
  }

  /** Where a client connects to. @param port another than the listener's, of what stands before it */
  address(port = this.listener.localAddress().port) {
    return `${this.carrier.scheme}://127.0.0.1:${port}`;
  }

  /** Binds a client that has connected to nobody yet. */
  async bind(options = {}) {
    const { isRecorded, ...usual } = this.#options;
    const file = join(this.#directory, `client-${this.#logs++}.vcllog`);
    const record = isRecorded ? { record: { file } } : {};
    const client = await VCLConnection.bind('127.0.0.1:0', { ...usual, ...record, ...options });
    this.#connections.push(client);
    return client;
  }

  /** A session: both of its ends. @param options `client`, bound before; `port` to connect to */
  async connect({ client, port } = {}) {
    const one = client ?? (await this.bind());
    const server = this.listener.getPublicKey();
    const accepted = this.listener.accept({ signal: this.#stop.signal });
    accepted.catch(() => {});
    await within(CONNECT_MS, 'a session', one.connect(this.address(port), { server }));
    return { client: one, server: await within(CONNECT_MS, 'the server has it', accepted) };
  }

  /** Closes both ends in order: whoever closes second is told that the first has. */
  async closeBoth({ client, server }) {
    await within(CLOSE_MS, 'the client closes', client.close());
    await within(CLOSE_MS, 'the server closes', server.close());
  }

  /**
   * What is wrong with the logs of all sessions, which have ended.
   *
   * @param count how many sessions there were
   * @param messages how many of each direction a session has at least: up, down
   */
  async logProblems(count, messages = [0, 0]) {
    const server = join(this.#directory, 'server');
    const ofServer = (await readdir(server)).map((name) => join(server, name));
    const ofClients = (await readdir(this.#directory))
      .filter((name) => name.endsWith('.vcllog'))
      .map((name) => join(this.#directory, name));
    const problems = [];
    const sids = [];
    for (const [side, files] of Object.entries({ server: ofServer, client: ofClients })) {
      const reports = await Promise.all(files.map((file) => verifySessionLog(file)));
      const sessions = reports.flatMap((report) => report.sessions);
      sids.push(
        sessions
          .map(({ sid }) => sid)
          .sort()
          .join(),
      );
      if (sessions.length !== count) problems.push(`${side}: ${sessions.length} sessions logged`);
      for (const report of reports) problems.push(...reportProblems(side, report, messages));
    }
    if (sids[0] !== sids[1]) problems.push('the two sides logged different sessions');
    return problems;
  }

  /** Ends everything that is left, and removes what was written. */
  async close() {
    this.#stop.abort();
    for (const connection of this.#connections) connection.abort();
    await this.listener.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function reportProblems(side, { status, sessions }, messages) {
  const problems = status === 'whole' ? [] : [`the ${side}'s log is ${status}`];
  for (const { directions } of sessions) {
    directions.forEach(({ lanes: [reliable], final }, i) => {
      const { messages: count, through } = reliable;
      const what = `the ${side}'s log, ${i === 0 ? 'up' : 'down'}`;
      if (count < messages[i]) problems.push(`${what}: ${count} of ${messages[i]} messages`);
      if (through < count) problems.push(`${what}: signed through ${through} of ${count}`);
      if (!final) problems.push(`${what}: no last statement`);
    });
  }
  return problems;
}
