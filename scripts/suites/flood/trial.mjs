// One flood beside a transfer: what the transfer keeps of its goodput, whether new clients get in, and
// what the server needs for it.
import { delay, Growth, MachineMeter, mbs, percent } from './figures.mjs';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from './network.mjs';

const MESSAGE_BYTES = 16 * 1024;
const WARM_UP_MS = 2_000;
/** Until a flood is at its rate, and until the server has forgotten it. */
const LEAD_MS = 500;
const REST_MS = 500;
const SNIFFED = 512;
/** Cookies are good for 15 s. */
const REFRESH_MS = 5_000;

const KEPT_PART = 0.5;
const ENTRY_LIMIT_MS = 2_000;
const GROWTH_LIMIT_BYTES = 32 * 2 ** 20;
/** Where 1,024 half-open attempts, of nearly 9 KB each, and as many answers as it gives come on top. */
const GROWTH_LIMIT_HELD_BYTES = 48 * 2 ** 20;
/** Less than this part of the wanted rate is no flood. */
const RATE_PART = 0.8;

/** A server, a transfer to it, clients that come and go, and an attacker. */
export class Battlefield {
  #processes;
  #stretchMs;
  #server;
  #transfer;
  #newcomer;
  #flooder;
  #target;
  #source;
  #sniffed;

  /** @param processes where to start them @param stretchMs how long each measurement takes */
  constructor(processes, stretchMs) {
    this.#processes = processes;
    this.#stretchMs = stretchMs;
  }

  /** Starts all processes and the transfer: the server on one processor, everybody else on the other. */
  async open() {
    const processes = this.#processes;
    this.#server = processes.start('server', 's', 0);
    this.#transfer = processes.start('transfer', 'c', 1);
    this.#newcomer = processes.start('newcomer', 'c', 1);
    this.#flooder = processes.start('flooder', 'a', 1);
    const { port, serverKey } = await this.#server.order('listen', { address: '0.0.0.0' });
    this.#target = { local: CLIENT_ADDRESS, server: `${SERVER_ADDRESS}:${port}`, serverKey };
    await this.#flooder.order('aim', { port });
    this.#source = await this.#transfer.order('start', {
      ...this.#target,
      messageBytes: MESSAGE_BYTES,
    });
    await delay(WARM_UP_MS);
    this.#sniffed = (await this.#transfer.order('sniff', { port, count: SNIFFED })).sniffed;
    return { note: `${this.#sniffed.length} datagrams of it are known`, problems: [] };
  }

  /**
   * Measures without and with a flood.
   *
   * @param flood `kind`, `rate` and `from` of a flooder's order; `held` for one from sources that the
   *   attacker holds; `reasons`, one of which the server has to count it under
   */
  async run(flood) {
    const first = await this.#try(flood);
    if (!first.isSlow) return first;
    // Whatever else the machine had to do meanwhile took from the goodput as well.
    const second = await this.#try(flood);
    return { ...second, note: `${second.note}; at the first try ${percent(first.kept)} kept` };
  }

  async #try(flood) {
    const before = await this.#measure();
    const start = await this.#start(flood);
    await delay(flood.leadMs ?? LEAD_MS);
    await this.#newcomer.order('start', { ...this.#target, serverKey: undefined });
    const during = await this.#measure(flood);
    const flooded = await this.#flooder.order('stop');
    const entered = await this.#newcomer.order('stop');
    await delay(REST_MS);
    return verdict({ flood, start, before, during, flooded, entered });
  }

  async #start({ kind, rate, from, held }) {
    if (held !== undefined) return await this.#flooder.order('startHeld', { ...held, rate });
    const isAboutSession = kind === 'replays' || kind === 'forgeries';
    const sniffed = isAboutSession ? this.#sniffed : undefined;
    return await this.#flooder.order('start', { kind, rate, from, sniffed, source: this.#source });
  }

  async #measure({ held, rate } = {}) {
    await this.#server.order('watch');
    await this.#transfer.order('watch');
    const machine = new MachineMeter();
    for (let left = this.#stretchMs; left > 0; left -= REFRESH_MS) {
      await delay(Math.min(left, REFRESH_MS));
      const isOver = left <= REFRESH_MS;
      if (held !== undefined && !isOver) await this.#flooder.order('refresh', { rate });
    }
    const server = await this.#server.order('report');
    const { cpu, failure } = await this.#transfer.order('report');
    return { server, cpu, failure, machine: machine.read() };
  }
}

function verdict({ flood, start, before, during, flooded, entered }) {
  const kept = during.server.goodput / before.server.goodput;
  const isSlow = kept < KEPT_PART;
  const growth = new Growth(before.server, during.server);
  const slowest = Math.max(0, ...entered.times);
  const counted = flood.reasons.reduce((sum, name) => sum + (during.server.dropped[name] ?? 0), 0);
  const problems = [];
  if (flooded.rate < RATE_PART * flood.rate) {
    problems.push(`the flood was ${Math.round(flooded.rate)} datagrams a second only`);
  }
  if (during.failure !== undefined) problems.push(`the transfer ended: ${during.failure}`);
  if (isSlow) {
    const share = percent(others(during, flooded));
    problems.push(
      `the transfer lost more than half of its goodput; other work took ${share} of a processor`,
    );
  }
  if (entered.times.length === 0) problems.push('no new client got in');
  for (const failure of entered.failures) problems.push(`a new client: ${failure}`);
  if (slowest > ENTRY_LIMIT_MS) problems.push('a new client took more than 2 s');
  const limitBytes = flood.held === undefined ? GROWTH_LIMIT_BYTES : GROWTH_LIMIT_HELD_BYTES;
  problems.push(...growth.problems(limitBytes));
  if (counted === 0) problems.push(`nothing was counted as ${flood.reasons.join(' or ')}`);
  const note = noteOf({ start, before, during, flooded, kept, growth, entered });
  return { note, problems, kept, isSlow };
}

function noteOf({ start, before, during, flooded, kept, growth, entered }) {
  const { server, cpu } = during;
  const drops = Object.entries(server.dropped).map(([reason, n]) => `${n} ${reason}`);
  const slowest = Math.max(0, ...entered.times);
  return [
    `${Math.round(flooded.rate)}/s`,
    ...(start.cookies === undefined ? [] : [`${start.cookies} cookies, ${start.answers} answers`]),
    `${mbs(before.server.goodput)} before, ${mbs(server.goodput)} = ${percent(kept)} kept`,
    `${entered.times.length} new in ${Math.round(slowest)} ms at most`,
    String(growth),
    `processor: server ${percent(before.server.cpu)} -> ${percent(server.cpu)}, ` +
      `client ${percent(before.cpu)} -> ${percent(cpu)}, flooder ${percent(flooded.cpu)}, ` +
      `others ${percent(others(before))} -> ${percent(others(during, flooded))}`,
    `loop delay p99 ${server.delayP99Ms.toFixed(0)} ms`,
    `dropped ${drops.join(', ') || 'nothing'}`,
  ].join('; ');
}

/** What the rest of the machine computed meanwhile; it takes from the goodput too. */
function others({ machine, server, cpu }, { cpu: flooderCpu } = { cpu: 0 }) {
  return Math.max(0, machine - server.cpu - cpu - flooderCpu);
}
