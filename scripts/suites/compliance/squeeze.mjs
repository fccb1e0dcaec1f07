// Both sides of a session in one process, of which one does not read for a while.
import { createHash } from 'node:crypto';
import { delay, within } from '../../lib/carriers/waiting.mjs';
import { GrowthWatch } from '../stall/memory.mjs';
import { message } from './pattern.mjs';
import { Scene } from './scene.mjs';

const DRAIN_MS = 120_000;

/**
 * Sends until nothing is accepted any more, waits, and reads everything.
 *
 * @param work `messageBytes`; `warmUp`, how many are read before; `count`, how many follow; `holdMs`,
 *   how long nothing may be accepted; `side`, which one does not read
 * @returns how far the writer got ahead, how long it stood still, what memory that took, how it ended
 */
export async function squeeze(
  carrier,
  surroundings,
  { messageBytes, warmUp, count, holdMs, side },
) {
  const scene = await Scene.open(carrier, surroundings);
  try {
    const pair = await scene.connect();
    const reader = pair[side];
    const writer = side === 'server' ? pair.client : pair.server;
    const line = new Line(writer, reader, messageBytes);
    await Promise.all([line.send(warmUp), line.read(warmUp)]);
    const watch = await GrowthWatch.start();
    const sending = line.send(warmUp + count);
    sending.catch(() => {});
    const { ahead, extra } = await line.standstill(holdMs);
    const memory = await watch.end();
    const start = performance.now();
    await within(DRAIN_MS, 'the rest is read', line.read(warmUp + count));
    await sending;
    const seconds = (performance.now() - start) / 1000;
    await scene.closeBoth(pair);
    return { ahead, extra, memory, seconds, isSame: line.isSame, wrong: line.wrong };
  } finally {
    await scene.close();
  }
}

/** Messages from one side to the other. */
class Line {
  #writer;
  #reader;
  #messageBytes;
  #sent = 0;
  #read = 0;
  #sentHash = createHash('sha256');
  #readHash = createHash('sha256');
  wrong = 0;

  constructor(writer, reader, messageBytes) {
    this.#writer = writer;
    this.#reader = reader;
    this.#messageBytes = messageBytes;
  }

  get isSame() {
    return this.#sentHash.copy().digest('hex') === this.#readHash.copy().digest('hex');
  }

  async send(through) {
    while (this.#sent < through) {
      const bytes = message(this.#sent, this.#messageBytes);
      await this.#writer.send(bytes);
      this.#sentHash.update(bytes);
      this.#sent++;
    }
  }

  async read(through) {
    for (; this.#read < through; this.#read++) {
      const { payload, number } = await this.#reader.recv();
      this.#readHash.update(payload);
      if (number !== this.#read || payload.length !== this.#messageBytes) this.wrong++;
    }
  }

  /**
   * Waits until nothing more is accepted, and then for as long as that has to stay so.
   *
   * @returns the messages that are under way, and how many were accepted after the standstill began
   */
  async standstill(holdMs) {
    for (let last = -1; last !== this.#sent; ) {
      last = this.#sent;
      await delay(holdMs / 2);
    }
    const stoodAt = this.#sent;
    await delay(holdMs);
    return { ahead: stoodAt - this.#read, extra: this.#sent - stoodAt };
  }
}
