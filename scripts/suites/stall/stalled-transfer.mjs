// One transfer of the stall suite: a reader process, a writer process, and what must hold of them.
import { Worker } from './worker.mjs';

const MIB = 2 ** 20;
const GROWTH_LIMIT_BYTES = 64 * MIB;
const HANDSHAKE_MS = 15_000;
/** No message accepted for so long is a standstill. */
const STANDSTILL_MS = 2_000;

/** A transfer whose reader stops reading for a while. */
export class StalledTransfer {
  #options;
  #reader = new Worker('reader');
  #writer = new Worker('writer');

  /**
   * @param options `name`; `messageBytes`; `warmUp`, how many messages are read before; `count`, how
   *   many follow; `holdMs`, how long the standstill has to last; `endsAt` of `performance.now()`
   */
  constructor(options) {
    this.#options = { ...options, total: options.warmUp + options.count };
  }

  /** Runs the transfer and reports to `checks`. Throws when it gets stuck. */
  async run(checks) {
    const { name } = this.#options;
    await this.#start();
    const { sent, writer, reader } = await this.#standstill();
    await checks.run(`${name}: a writer stalls in front of a reader that does not read`, () =>
      this.#stall(sent, writer),
    );
    for (const [side, report] of Object.entries({ writer, reader })) {
      await checks.run(`${name}: the ${side} grows by no more than 64 MiB meanwhile`, () =>
        growth(report),
      );
    }
    await checks.run(`${name}: everything arrives once the reader reads`, () => this.#drain());
  }

  /** Ends both processes, whatever they do. */
  kill() {
    this.#reader.kill();
    this.#writer.kill();
  }

  /** Brings the session up and reads the warm-up, then measures what both processes hold. */
  async #start() {
    const { messageBytes, warmUp, total } = this.#options;
    this.#reader.order('listen', { messageBytes, warmUp });
    const server = await this.#reader.answer('listening', HANDSHAKE_MS);
    const work = { messageBytes, warmUp, total, standstillMs: STANDSTILL_MS };
    this.#writer.order('write', { ...server, ...work });
    await this.#reader.answer('warm', this.#timeLeft());
    this.#writer.order('measure');
    this.#reader.order('measure');
    await this.#reader.answer('ready', this.#timeLeft());
    await this.#writer.answer('ready', this.#timeLeft());
  }

  /** @returns what was sent when it stood still, and what both processes said at its end */
  async #standstill() {
    this.#writer.order('fill');
    const { sent } = await this.#writer.answer('stalled', this.#timeLeft());
    await new Promise((resolve) => setTimeout(resolve, this.#options.holdMs));
    this.#writer.order('report');
    this.#reader.order('report');
    const writer = await this.#writer.answer('report', this.#timeLeft());
    const reader = await this.#reader.answer('report', this.#timeLeft());
    return { sent, writer, reader };
  }

  #stall(sent, writer) {
    const { warmUp, total, messageBytes, holdMs } = this.#options;
    const problems = [];
    if (sent === total) problems.push('it did not stall');
    if (writer.sent !== sent) problems.push(`it stalled at ${sent} and went on to ${writer.sent}`);
    const ahead = sent - warmUp;
    const seconds = (holdMs + STANDSTILL_MS) / 1000;
    const note = `for ${seconds} s, ${ahead} messages and ${mib(ahead * messageBytes)} ahead`;
    return { note, problems };
  }

  /** Lets the reader read until the writer has closed. */
  async #drain() {
    const { total, messageBytes } = this.#options;
    this.#reader.order('read');
    const written = await this.#writer.answer('done', this.#timeLeft());
    const read = await this.#reader.answer('done', this.#timeLeft());
    const problems = [];
    if (written.sent !== total) problems.push(`${written.sent} of ${total} messages were sent`);
    if (read.read !== total) problems.push(`${read.read} of ${total} messages arrived`);
    if (read.wrong > 0) problems.push(`${read.wrong} messages are not what was sent`);
    if (read.digest !== written.digest) {
      problems.push(`SHA-256 ${written.digest} was sent, ${read.digest} arrived`);
    }
    const rate = read.messages / read.seconds;
    const speed = `${((rate * messageBytes) / 1e6).toFixed(1)} MB/s, ${Math.round(rate)} messages/s`;
    const amount = mib(read.messages * messageBytes);
    return { note: `${amount} at ${speed}, SHA-256 ${read.digest.slice(0, 16)}`, problems };
  }

  #timeLeft() {
    return Math.max(1, this.#options.endsAt - performance.now());
  }
}

function growth({ startBytes, growthBytes, restBytes }) {
  return {
    note: `by ${mib(growthBytes)} from ${mib(startBytes)}, ${mib(restBytes)} of it stay`,
    problems: growthBytes <= GROWTH_LIMIT_BYTES ? [] : [`it grew by ${mib(growthBytes)}`],
  };
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
