import type { Appointment, TimedAction, VirtualTime } from '../clock.js';
import { addressKey, type NetworkAddress } from '../network/address.js';
import { CarrierEnd } from '../network/carrier-pipe.js';
import type { DatagramReceiver, SimulatedNetwork } from '../network/network.js';
import type { DatagramMachine } from './machine.js';
import { SpinGuard } from './spin-guard.js';

/** The largest datagram a machine may send: a UDP payload over IPv4. */
const TRANSMIT_BUFFER_BYTES = 65_507;
/** Datagrams in one turn after which a machine is taken to send without end. */
const MAX_TRANSMITS_PER_TURN = 100_000;
/** Written over lent buffers, so that reading one too late is noticed. */
const POISON = 0xdd;

/** Options of one host. */
export interface HostOptions {
  /** What error messages call it. Default: its address. */
  readonly name?: string;
  /** Timers fire at multiples of this only, as those of an operating system do. Default 0: exactly. */
  readonly timerGranularityMs?: number;
}

/** What a {@link SimulatedHost} is attached to. */
export interface HostPlace {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly address: NetworkAddress;
}

/**
 * Drives a {@link DatagramMachine} at one address of a simulated network, as a socket driver would:
 * after each input it runs `afterInput`, sends everything the machine has and arms one timer.
 */
export class SimulatedHost implements DatagramReceiver, TimedAction {
  readonly name: string;
  readonly address: NetworkAddress;
  readonly machine: DatagramMachine;
  readonly #time: VirtualTime;
  readonly #network: SimulatedNetwork;
  readonly #granularityMs: number;
  readonly #guard: SpinGuard;
  readonly #out: Uint8Array = new Uint8Array(TRANSMIT_BUFFER_BYTES).fill(POISON);
  #timer: Appointment | undefined;
  #closed = false;

  /** Attaches the machine; its first turn is the caller's ({@link turn}). */
  constructor(machine: DatagramMachine, place: HostPlace, options: HostOptions = {}) {
    this.machine = machine;
    this.address = place.address;
    this.name = options.name ?? addressKey(place.address);
    this.#time = place.time;
    this.#network = place.network;
    this.#granularityMs = options.timerGranularityMs ?? 0;
    if (!(this.#granularityMs >= 0 && this.#granularityMs < Number.POSITIVE_INFINITY)) {
      throw new RangeError('timerGranularityMs must be 0 or more');
    }
    this.#guard = new SpinGuard(this.name);
    this.#network.attach(this.address, this);
  }

  /** Called by the network. */
  handleDatagram(data: Uint8Array, from: NetworkAddress, now: number): void {
    this.#guard.noteProgress();
    this.machine.handleDatagram(data, from, now);
    this.turn(now);
    data.fill(POISON);
  }

  /** Called by the clock when the timer is due. */
  run(now: number): void {
    this.#timer = undefined;
    this.#guard.noteTimeout(now);
    // The deadline may have moved since, by a verb of the machine that was called outside a turn.
    if (this.machine.pollTimeout() <= now) this.machine.handleTimeout(now);
    this.turn(now);
  }

  /**
   * Lets the machine finish after something happened to it: call it after using the machine's own
   * verbs. {@link Simulation} does so by itself for all its hosts.
   */
  turn(now: number = this.#time.now): void {
    if (this.#closed) return;
    this.machine.afterInput?.(now);
    this.#drain(now);
    this.#arm(now);
  }

  /** Detaches the machine and stops its timer, like the end of a process. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disarm();
    this.#network.detach(this.address);
  }

  #drain(now: number): void {
    for (let sent = 0; ; sent++) {
      const length = this.machine.pollTransmit(now, this.#out);
      if (length === 0) return;
      if (sent === MAX_TRANSMITS_PER_TURN) {
        throw new Error(
          `${this.name} sends without end: pollTransmit() gave ${sent} datagrams in one turn`,
        );
      }
      this.#transmit(length, now);
    }
  }

  #transmit(length: number, now: number): void {
    const to = this.machine.transmitTo;
    if (!Number.isInteger(length) || length < 0 || length > this.#out.length) {
      throw new Error(`${this.name}: pollTransmit() returned ${length}, which is no length`);
    }
    if (to === undefined) {
      throw new Error(`${this.name}: transmitTo must be set when pollTransmit() returns`);
    }
    this.#guard.noteProgress();
    const datagram = this.#out.subarray(0, length);
    if (to instanceof CarrierEnd) to.send(datagram);
    else this.#network.send(this.address, to, datagram, now);
    this.#out.fill(POISON, 0, length);
  }

  #arm(now: number): void {
    const wantedMs = this.machine.pollTimeout();
    if (Number.isNaN(wantedMs)) throw new Error(`${this.name}: pollTimeout() returned NaN`);
    const dueMs = this.#roundUp(Math.max(wantedMs, now));
    if (this.#timer?.at === dueMs) return;
    this.#disarm();
    if (dueMs < Number.POSITIVE_INFINITY) this.#timer = this.#time.schedule(dueMs, this);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#time.cancel(this.#timer);
    this.#timer = undefined;
  }

  #roundUp(atMs: number): number {
    const granularityMs = this.#granularityMs;
    if (granularityMs === 0) return atMs;
    return Math.max(atMs, Math.ceil(atMs / granularityMs) * granularityMs);
  }
}
