// One target under test: inputs are made, run and judged. With counters it looks for inputs that go
// new ways; without, it runs mutations of the ones that are known as fast as it can.
import { Coverage } from './coverage.mjs';
import { keyOf, minimise, saveFinding } from './finding.mjs';
import { Mutator } from './mutator.mjs';
import { FuzzRandom } from './random.mjs';
import { Watchdog } from './watchdog.mjs';

/** The longest a run may take, in milliseconds; counters slow code down. */
const SLOW_MS = 50;
const SLOW_COUNTED_MS = 250;
/** How often a slow run is tried again, by the processor's time: others may have been at work. */
const SLOW_RETRIES = 4;
const HANG_MS = 10_000;
/** Memory that all runs together may leave behind, in bytes. */
const MAX_GROWTH_BYTES = 8 * 2 ** 20;
/** Memory outside of the heap at any time, in bytes. */
const MAX_EXTERNAL_BYTES = 768 * 2 ** 20;
/** Runs between two looks at clock and memory. */
const LOOK_EVERY = 1_024;
const MAX_FINDINGS = 8;
/** Lines of the stack of an error that is looked at. */
const STACK_LINES = 10;
/** Of so many inputs one is made anew by the target instead of from one that is known. */
const GENERATE_ONE_IN = 6;

/** Runs one target. */
export class Campaign {
  /** What was found, one for each cause. */
  findings = [];
  /** Inputs run. */
  runs = 0;
  /** Things mutated: a target may have several in an input. */
  mutations = 0;
  /** Inputs that are worth mutating. */
  inputs = [];
  #target;
  #options;
  #random;
  #mutator;
  #watchdog;
  #coverage;
  #keys = new Set();
  #isSettled = false;
  #stackLines = STACK_LINES;
  #baseline = 0;

  /**
   * @param target what to run, see fuzz/targets/index.mjs
   * @param options `seed`; `phase`, which makes chance differ; `points` of instrumented code, 0
   *   without; `folder` for findings
   */
  constructor(target, options) {
    const { seed, phase, points, folder } = options;
    this.#target = target;
    this.#options = options;
    this.#random = new FuzzRandom(`${seed} ${target.name} ${phase}`);
    this.#mutator = new Mutator(this.#random, target);
    this.#coverage = points > 0 ? new Coverage(points) : undefined;
    this.#watchdog = new Watchdog({
      maxBytes: target.maxBytes,
      hangMs: HANG_MS,
      finding: { folder, target: target.name, seed },
    });
  }

  /** How many features the runs had, 0 without counters. */
  get features() {
    return this.#coverage?.features ?? 0;
  }

  /** Runs inputs as they are, such as those of the corpus, and keeps them for mutation. */
  async replay(inputs) {
    for (const input of inputs) {
      const { maxBytes } = this.#target;
      const cut = input.length > maxBytes ? input.slice(0, maxBytes) : input;
      await this.#run(cut);
      if (this.#coverage === undefined || this.#coverage.fresh() > 0) this.inputs.push(cut);
    }
  }

  /** Makes and runs inputs until there were `mutations` or the time is `deadline`. */
  async fuzz({ mutations, deadline }) {
    // Errors are how people's input is answered: their stacks would cost more than all the rest.
    this.#stackLines = 0;
    Error.stackTraceLimit = 0;
    const wanted = this.mutations + mutations;
    const settleAt = this.mutations + mutations / 4;
    let nextLook = this.runs;
    while (this.mutations < wanted && this.findings.length < MAX_FINDINGS) {
      if (this.runs >= nextLook) {
        nextLook = this.runs + LOOK_EVERY;
        if (performance.now() >= deadline) break;
        this.#look(this.mutations >= settleAt);
      }
      this.#make();
      await this.#run(this.#mutator.input);
      if (this.#coverage !== undefined && this.#coverage.fresh() > 0) {
        this.inputs.push(this.#watchdog.input());
      }
    }
  }

  /** The inputs, each with all features of a run of it alone. */
  async candidates() {
    const candidates = [];
    for (const input of this.inputs) {
      await this.#run(input);
      candidates.push({ input, features: this.#coverage?.list() ?? [] });
    }
    return candidates;
  }

  /** Checks what the runs left behind in memory and ends the watchdog. */
  async close() {
    if (this.#isSettled) {
      const growth = memoryInUse() - this.#baseline;
      if (growth > MAX_GROWTH_BYTES) {
        this.#note(`memory: ${(growth / 2 ** 20).toFixed(1)} MiB are left behind by the runs`);
      }
    }
    await this.#watchdog.close();
    Error.stackTraceLimit = STACK_LINES;
  }

  /** Runs one input and says what is wrong with it, undefined for nothing. */
  async judge(input) {
    Error.stackTraceLimit = STACK_LINES;
    try {
      await this.#target.run(input.slice());
      return undefined;
    } catch (error) {
      return error;
    } finally {
      Error.stackTraceLimit = this.#stackLines;
    }
  }

  #make() {
    const { generate } = this.#target;
    const random = this.#random;
    const mutator = this.#mutator;
    if (generate !== undefined && (this.inputs.length === 0 || random.oneIn(GENERATE_ONE_IN))) {
      mutator.load(generate(random));
      if (random.oneIn(2)) return;
    } else if (this.inputs.length > 0) {
      mutator.load(this.#pick());
    } else {
      mutator.load(random.bytes(random.below(Math.min(64, this.#target.maxBytes))));
    }
    if (this.#target.mutate !== undefined && !random.oneIn(8)) {
      this.#target.mutate(mutator, random, this.#pick());
    } else {
      mutator.mutate(this.#pick());
    }
  }

  /** Half of the time one of the newest: what is new has not been tried much. */
  #pick() {
    const { length } = this.inputs;
    if (length === 0) return undefined;
    if (this.#random.oneIn(2)) return this.inputs[this.#random.below(length)];
    return this.inputs[length - 1 - this.#random.below(Math.min(length, 16))];
  }

  async #run(input) {
    this.#watchdog.begin(input);
    this.#coverage?.reset();
    const start = performance.now();
    let count;
    try {
      const outcome = this.#target.run(input);
      count = outcome instanceof Promise ? await outcome : outcome;
    } catch (error) {
      this.#watchdog.end();
      await this.#fail(error);
    }
    this.#watchdog.end();
    this.runs++;
    this.mutations += count ?? 1;
    if (performance.now() - start > this.#slowMs) await this.#checkSlow();
  }

  get #slowMs() {
    return this.#coverage === undefined ? SLOW_MS : SLOW_COUNTED_MS;
  }

  async #checkSlow() {
    if (this.#keys.has('slow')) return;
    const input = this.#watchdog.input();
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < SLOW_RETRIES; i++) {
      const start = process.cpuUsage();
      await this.judge(input);
      const { user, system } = process.cpuUsage(start);
      fastest = Math.min(fastest, (user + system) / 1_000);
    }
    if (fastest <= this.#slowMs) return;
    this.#keys.add('slow');
    this.#note(`slow: a run takes ${fastest.toFixed(0)} ms of processor time`, input);
  }

  async #fail(first) {
    const input = this.#watchdog.input();
    const error = (await this.judge(input)) ?? first;
    const key = keyOf(error);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    const isSame = async (candidate) => {
      const other = await this.judge(candidate);
      return other !== undefined && keyOf(other) === key;
    };
    const small = (await isSame(input)) ? await minimise(input, isSame) : input;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#note(text, small, error?.stack);
  }

  #note(message, input = new Uint8Array(0), stack = undefined) {
    const { seed, folder } = this.#options;
    const finding = { target: this.#target.name, seed, message, stack, input };
    const file = saveFinding(folder, finding);
    this.findings.push({ message, file, hex: Buffer.from(input).toString('hex') });
  }

  #look(mayBegin) {
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers > MAX_EXTERNAL_BYTES && !this.#keys.has('external')) {
      this.#keys.add('external');
      this.#note(`memory: ${Math.round(arrayBuffers / 2 ** 20)} MiB outside of the heap`);
    }
    // Only runs without counters keep nothing themselves.
    if (globalThis.gc === undefined || this.#coverage !== undefined) return;
    if (this.#isSettled || !mayBegin) return;
    this.#isSettled = true;
    this.#baseline = memoryInUse();
  }
}

/** Memory in use after a collection, in bytes. */
function memoryInUse() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
