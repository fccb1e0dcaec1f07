// One side of the carriers suite, in its namespace: it listens or connects, sends and receives.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodePublicKey,
  KeyPair,
  VCLConnection,
  VCLListener,
  verifySessionLog,
} from '../../../packages/vcl-protocol/dist/index.js';
import { serve } from '../../lib/carriers/orders.mjs';

const MESSAGE_BYTES = 16 * 1024;

let directory;
let listener;
let connection;
let line;
/** When the session was carried by what, from its beginning. */
const carriers = [];

serve({
  async listen({ address, options }) {
    const identity = KeyPair.generate();
    directory = await mkdtemp(join(tmpdir(), `vcl-carriers-${process.pid}-`));
    const record = { directory };
    listener = await VCLListener.bind(address, { clients: 'any', identity, record, ...options });
    void acceptAll();
    return { port: listener.localAddress().port, serverKey: encodePublicKey(identity.publicKey) };
  },

  /** Connects, and waits for the server's first message. */
  async connect({ address, serverKey, options }) {
    directory = await mkdtemp(join(tmpdir(), `vcl-carriers-${process.pid}-`));
    const record = { file: join(directory, 'client.vcllog') };
    const bound = await VCLConnection.bind('0.0.0.0:0', { record, ...options });
    const start = performance.now();
    await bound.connect(address, { server: serverKey });
    const connectedMs = performance.now() - start;
    take(bound);
    await connection.recv();
    return { connectedMs, firstDataMs: performance.now() - start, carrier: connection.carrier() };
  },

  async send({ bytes }) {
    await line.send(bytes);
    return { digest: line.sentDigest };
  },

  /** Receives as many bytes since the last order. */
  async receive({ bytes }) {
    const longestMs = await line.receive(bytes);
    return { digest: line.receivedDigest, longestMs, disorder: line.disorder };
  },

  async progress() {
    return { received: line.received };
  },

  async state() {
    return { carrier: connection.carrier(), carriers, sessions: listener?.connections.size };
  },

  /** Closes, and says what the log proves. */
  async close() {
    await connection.close();
    const files = (await readdir(directory)).map((name) => join(directory, name));
    const reports = await Promise.all(files.map((file) => verifySessionLog(file)));
    await listener?.close();
    await rm(directory, { recursive: true, force: true });
    const sessions = reports.flatMap((report) => report.sessions);
    return {
      statuses: reports.map(({ status }) => status),
      sids: sessions.map(({ sid }) => sid),
      through: sessions.map(({ directions }) => directions.map(({ lanes }) => lanes[0].through)),
    };
  },
});

/** The first session is what counts; there should be no other. */
async function acceptAll() {
  for await (const arrived of listener) {
    if (connection !== undefined) continue;
    take(arrived);
    await arrived.send('welcome');
  }
}

function take(arrived) {
  connection = arrived;
  line = new Line(arrived);
  void follow(arrived.subscribe());
}

async function follow(events) {
  for await (const event of events) {
    if (event.type === 'PathChanged') {
      carriers.push({ at: Date.now(), carrier: event.carrier });
    }
  }
}

/** Messages in both directions, with digests of all that went and came. */
class Line {
  #connection;
  #sentHash = createHash('sha256');
  #receivedHash = createHash('sha256');
  #sent = 0;
  #last = -1;
  received = 0;
  /** Messages that came where another belongs. */
  disorder = 0;

  constructor(connected) {
    this.#connection = connected;
  }

  get sentDigest() {
    return this.#sentHash.copy().digest('hex');
  }

  get receivedDigest() {
    return this.#receivedHash.copy().digest('hex');
  }

  async send(bytes) {
    for (let left = bytes; left > 0; left -= MESSAGE_BYTES) {
      const message = new Uint8Array(Math.min(left, MESSAGE_BYTES)).fill(this.#sent++ & 255);
      this.#sentHash.update(message);
      await this.#connection.send(message);
    }
  }

  /** @returns the longest time without any message, ms */
  async receive(bytes) {
    let longestMs = 0;
    let at = performance.now();
    const until = this.received + bytes;
    while (this.received < until) {
      const { payload, number } = await this.#connection.recv();
      const now = performance.now();
      longestMs = Math.max(longestMs, now - at);
      at = now;
      if (this.#last >= 0 && number !== this.#last + 1) this.disorder++;
      this.#last = number;
      this.received += payload.length;
      this.#receivedHash.update(payload);
    }
    return longestMs;
  }
}
