// The server of the flood suite: one listener on one socket. It reads what clients send and, when told
// to, sends it back; it watches its own memory and how late its event loop is.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { KeyPair, VCLListener } from '../../../packages/vcl-protocol/dist/index.js';
import { CpuMeter, serve } from './orders.mjs';

const SAMPLE_MS = 50;

let listener;
let isEcho = false;
/** Sessions of clients that say they want nobody to read. */
const STALL_MARK = 'stall';
let bytesRead = 0;
let accepted = 0;
let watch;

serve({
  async listen({ address, options, echo }) {
    isEcho = echo ?? false;
    const identity = KeyPair.generate();
    listener = await VCLListener.bind(`${address}:0`, { clients: 'any', identity, ...options });
    void acceptAll();
    const { port } = listener.localAddress();
    return { port, serverKey: Buffer.from(identity.publicKey).toString('hex') };
  },
  watch() {
    watch = new Watch();
    return {};
  },
  report() {
    return { ...watch.report(), ...counters() };
  },
  async close() {
    await listener.close();
    return {};
  },
});

async function acceptAll() {
  for await (const connection of listener) {
    accepted++;
    void serveOne(connection).catch(() => {});
  }
}

async function serveOne(connection) {
  for await (const { payload } of connection) {
    bytesRead += payload.length;
    if (isEcho) await connection.send(payload);
    else if (payload.length === STALL_MARK.length && String(Buffer.from(payload)) === STALL_MARK)
      return;
  }
}

function counters() {
  const drops = dropCounts();
  return { bytesRead, accepted, sessions: listener.connections.size, drops };
}

/** What happens from one moment on. */
class Watch {
  #peakBytes = process.memoryUsage.rss();
  #bytesRead = bytesRead;
  #drops = dropCounts();
  #at = performance.now();
  #cpu = new CpuMeter();
  #delay = monitorEventLoopDelay({ resolution: 1 });
  #timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();

  constructor() {
    this.#delay.enable();
  }

  report() {
    this.#sample();
    clearInterval(this.#timer);
    this.#delay.disable();
    const seconds = (performance.now() - this.#at) / 1000;
    return {
      goodput: (bytesRead - this.#bytesRead) / seconds,
      peakBytes: this.#peakBytes,
      heldBytes: heldBytes(),
      cpu: this.#cpu.read(),
      delayP99Ms: this.#delay.percentile(99) / 1e6,
      delayMaxMs: this.#delay.max / 1e6,
      dropped: since(this.#drops, dropCounts()),
    };
  }

  #sample() {
    this.#peakBytes = Math.max(this.#peakBytes, process.memoryUsage.rss());
  }
}

/** What is still referred to: the resident size also has what the collector has not got round to. */
function heldBytes() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function since(before, after) {
  const entries = Object.entries(after).map(([reason, n]) => [reason, n - (before[reason] ?? 0)]);
  return Object.fromEntries(entries.filter(([, n]) => n > 0));
}

function dropCounts() {
  return Object.fromEntries(listener.metrics().droppedByReason);
}
