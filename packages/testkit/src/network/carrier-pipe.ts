import { Carrier, CarrierRemote } from '@vcl-protocol/core';
import type { TimedAction, VirtualTime } from '../clock.js';
import type { SeededRandom } from '../random.js';
import type { SimulatedHost } from '../simulation/host.js';

/** What a {@link CarrierPipe} does to the records in it. */
export interface CarrierPipeOptions {
  /** One way, in ms. Default 5. */
  readonly delayMs?: number;
  /** How fast records leave its buffer, in bytes a ms. Default Infinity. */
  readonly bytesPerMs?: number;
  /** From so many bytes in its buffer it is full; at half of it there is room again. Default 65,536. */
  readonly highWaterBytes?: number;
  /** Its {@link Carrier} number. Default TCP. */
  readonly carrier?: number;
  /** Default 65,535. */
  readonly maxRecordBytes?: number;
}

/** What a {@link CarrierPipe} connects. */
export interface CarrierPipeEnds {
  readonly time: VirtualTime;
  readonly client: SimulatedHost;
  readonly server: SimulatedHost;
}

/** The lossy side of a pipe. */
export interface LossySideOptions extends CarrierPipeOptions {
  /** Decides what is lost. */
  readonly random: SeededRandom;
  /** The share of records that are lost, 0 to 1. */
  readonly loss: number;
}

/** Sees each record that enters a pipe. @returns false for one that vanishes */
export type CarrierTap = (record: Uint8Array, toServer: boolean) => boolean;

const DEFAULTS = {
  delayMs: 5,
  bytesPerMs: Number.POSITIVE_INFINITY,
  highWaterBytes: 65_536,
  carrier: Carrier.Tcp,
  maxRecordBytes: 65_535,
} as const;

/**
 * A connected carrier on virtual time: what TCP is between two hosts. Records arrive in order, each
 * end is full at times, and {@link lose} takes with it what is under way.
 */
export class CarrierPipe {
  /** The server as the client knows it: what the client connects or migrates to. */
  readonly toServer: CarrierEnd;
  /** The client as the server knows it. */
  readonly toClient: CarrierEnd;
  readonly #ends: CarrierPipeEnds;

  /** @param ordered of a lossy side: the pipe that it belongs to ({@link addLossySide}) */
  constructor(
    ends: CarrierPipeEnds,
    options: CarrierPipeOptions = {},
    ordered?: { readonly pipe: CarrierPipe; readonly chance: LossySideOptions },
  ) {
    const { time, client, server } = ends;
    this.#ends = ends;
    const settings = { ...DEFAULTS, ...options, ordered };
    this.toServer = new CarrierEnd({ ...settings, time, sender: client, receiver: server });
    this.toClient = new CarrierEnd({ ...settings, time, sender: server, receiver: client });
    this.toServer.opposite = this.toClient;
    this.toClient.opposite = this.toServer;
  }

  /** A second side of the same carrier, which loses records: what QUIC's datagrams are. */
  addLossySide(options: LossySideOptions): CarrierPipe {
    return new CarrierPipe(this.#ends, options, { pipe: this, chance: options });
  }

  /** Sets who sees every record first; undefined for nobody. */
  setTap(tap: CarrierTap | undefined): void {
    this.toServer.tap = tap && ((record) => tap(record, true));
    this.toClient.tap = tap && ((record) => tap(record, false));
  }

  /** Nothing leaves the buffers any more, until {@link release}: a peer that does not read. */
  hold(): void {
    this.toServer.hold();
    this.toClient.hold();
  }

  release(): void {
    this.toServer.release();
    this.toClient.release();
  }

  /**
   * Breaks it: what is in it is gone.
   *
   * @param who notices. Whom nobody tells goes on sending into the void. Default both.
   */
  lose(who: 'both' | 'client' | 'server' = 'both'): void {
    this.toServer.cut(who !== 'server');
    this.toClient.cut(who !== 'client');
  }
}

interface CarrierEndOptions extends Required<CarrierPipeOptions> {
  readonly time: VirtualTime;
  readonly sender: SimulatedHost;
  readonly receiver: SimulatedHost;
  readonly ordered: { readonly pipe: CarrierPipe; readonly chance: LossySideOptions } | undefined;
}

/** One direction of a pipe, as its sender knows it. */
export class CarrierEnd extends CarrierRemote {
  /** The other direction: what its receiver takes records to have come from. */
  opposite: CarrierEnd | undefined;
  tap: ((record: Uint8Array) => boolean) | undefined;
  /** Records and bytes that were sent into it, and the most that its buffer ever held. */
  sentRecords = 0;
  sentBytes = 0;
  peakBufferedBytes = 0;
  /** The longest record so far, in bytes. */
  longestRecord = 0;
  readonly #options: CarrierEndOptions;
  readonly #buffer: Uint8Array[] = [];
  #bufferedBytes = 0;
  #isLeaving = false;
  #isHeld = false;
  #isCut = false;

  constructor(options: CarrierEndOptions) {
    const { receiver, sender, ordered, carrier, maxRecordBytes } = options;
    const side = ordered && (isOfClient(ordered.pipe, sender) ? 'toServer' : 'toClient');
    super({
      address: receiver.address.address,
      port: receiver.address.port,
      carrier,
      isOrdered: ordered === undefined,
      maxRecordBytes,
      ...(side === undefined ? {} : { orderedSide: ordered!.pipe[side] }),
    });
    this.#options = options;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** @param record borrowed: copied before the call returns */
  send(record: Uint8Array): void {
    if (record.length > this.maxRecordBytes) {
      throw new RangeError(`a record of ${record.length} bytes is over ${this.maxRecordBytes}`);
    }
    if (this.isLost) return;
    this.sentRecords++;
    this.sentBytes += record.length;
    this.longestRecord = Math.max(this.longestRecord, record.length);
    if (this.tap?.(record.slice()) === false || this.#isUnlucky()) return;
    this.#buffer.push(record.slice());
    this.#bufferedBytes += record.length;
    this.peakBufferedBytes = Math.max(this.peakBufferedBytes, this.#bufferedBytes);
    if (this.#bufferedBytes >= this.#options.highWaterBytes) this.onFull();
    this.#leave();
  }

  /** Makes a record arrive that its sender did not send now. */
  inject(record: Uint8Array): void {
    this.#arriveAfter(0, record.slice());
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#leave();
  }

  /** The direction is dead. @param isNoticed whether its sender is told */
  cut(isNoticed: boolean): void {
    this.#isCut = true;
    this.#buffer.length = 0;
    this.#bufferedBytes = 0;
    if (!isNoticed) return;
    this.onLost();
    this.#options.sender.turn();
  }

  #leave(): void {
    const record = this.#buffer[0];
    if (record === undefined || this.#isLeaving || this.#isHeld || this.#isCut) return;
    const { time, bytesPerMs } = this.#options;
    this.#isLeaving = true;
    const run = (): void => this.#left(record);
    time.schedule(time.now + record.length / bytesPerMs, { run });
  }

  #left(record: Uint8Array): void {
    this.#isLeaving = false;
    if (this.#isCut) return;
    this.#buffer.shift();
    this.#bufferedBytes -= record.length;
    this.#arriveAfter(this.#options.delayMs, record);
    this.#leave();
    if (!this.isFull || this.#bufferedBytes > this.#options.highWaterBytes / 2) return;
    this.onDrain();
    this.#options.sender.turn();
  }

  #arriveAfter(delayMs: number, record: Uint8Array): void {
    const { time, receiver } = this.#options;
    const arrival: TimedAction = {
      run: (now) => {
        if (!this.#isCut) receiver.handleDatagram(record, this.opposite!, now);
      },
    };
    time.schedule(time.now + delayMs, arrival);
  }

  #isUnlucky(): boolean {
    const chance = this.#options.ordered?.chance;
    return chance !== undefined && chance.random.next() < chance.loss;
  }
}

function isOfClient(pipe: CarrierPipe, sender: SimulatedHost): boolean {
  return pipe.toClient.address === sender.address.address;
}
