import { VirtualTime } from '../clock.js';
import type { NetworkAddress } from '../network/address.js';
import { SimulatedNetwork } from '../network/network.js';
import { SeededRandom } from '../random.js';
import { type HostOptions, SimulatedHost } from './host.js';
import type { DatagramMachine } from './machine.js';

const DEFAULT_MAX_STEPS = 10_000_000;

/** Options of {@link Simulation}. */
export interface SimulationOptions {
  /** The seed of everything that is left to chance. */
  readonly seed: number | string;
  /** Where virtual time begins, in milliseconds. Default 0. */
  readonly startMs?: number;
}

/** When {@link Simulation.run} ends. */
export interface RunOptions {
  /** The virtual time to stop at. Default Infinity: when nothing is left to happen. */
  readonly untilMs?: number;
  /** Stop after this many actions (arrivals, timers, scheduled calls). Default 10,000,000. */
  readonly maxSteps?: number;
  /** Asked before the first and after each action: true ends the run. */
  readonly until?: () => boolean;
}

/**
 * Why a run ended: its condition came true, its time or its steps are used up, or nothing is left
 * that could happen.
 */
export type RunEnd = 'until' | 'time' | 'steps' | 'idle';

/** What {@link Simulation.run} did. */
export interface RunResult {
  readonly end: RunEnd;
  /** How many actions ran. */
  readonly steps: number;
}

/**
 * Machines on a simulated network, on virtual time: a minute of traffic takes as long as its
 * computation, and the same seed gives the same run.
 */
export class Simulation {
  readonly random: SeededRandom;
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly #hosts: Set<SimulatedHost> = new Set();

  constructor({ seed, startMs = 0 }: SimulationOptions) {
    this.random = new SeededRandom(seed);
    this.time = new VirtualTime(startMs);
    this.network = new SimulatedNetwork({ random: this.random, time: this.time });
  }

  /** The virtual time in milliseconds. */
  get now(): number {
    return this.time.now;
  }

  /** @throws RangeError when the address is in use */
  addHost(
    machine: DatagramMachine,
    address: NetworkAddress,
    options: HostOptions = {},
  ): SimulatedHost {
    const place = { time: this.time, network: this.network, address };
    const host = new SimulatedHost(machine, place, options);
    this.#hosts.add(host);
    return host;
  }

  /** Takes a host away without a word to the others, like the end of a process. */
  removeHost(host: SimulatedHost): void {
    this.#hosts.delete(host);
    host.close();
  }

  /** Calls `action` at `atMs` of virtual time and lets all hosts finish afterwards. */
  at(atMs: number, action: (now: number) => void): void {
    const run = (now: number): void => {
      action(now);
      this.#turnAll();
    };
    this.time.schedule(atMs, { run });
  }

  /**
   * Lets time pass. What was done to the machines before the call is noticed first.
   *
   * @throws Error naming a machine that asks for timeouts without end ({@link SimulatedHost})
   */
  run(options: RunOptions = {}): RunResult {
    const { untilMs = Number.POSITIVE_INFINITY, maxSteps = DEFAULT_MAX_STEPS, until } = options;
    this.#turnAll();
    let steps = 0;
    for (;;) {
      if (until?.() === true) return { end: 'until', steps };
      if (this.time.nextAt > untilMs) break;
      if (steps >= maxSteps) return { end: 'steps', steps };
      if (!this.time.step(untilMs)) return { end: 'idle', steps };
      steps++;
    }
    const end = this.time.pending === 0 ? 'idle' : 'time';
    this.time.runUntil(untilMs);
    return { end, steps };
  }

  #turnAll(): void {
    for (const host of this.#hosts) host.turn(this.time.now);
  }
}
