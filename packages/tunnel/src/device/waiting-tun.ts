import { VCLError } from '@vcl-protocol/core';
import { type FramePool, type FrameSlot, retirePool } from './frame-pool.js';
import { FrameReader, type FrameSource } from './frame-reader.js';
import {
  MAX_FRAME_BYTES,
  type TunDevice,
  type TunHandler,
  VIRTIO_HEADER_BYTES,
} from './tun-device.js';

/** How long a thread waits at most: a process that wants to exit waits as long for it. */
export const MAX_WAIT_MS = 250;
/** Where no thread can be had to wait. */
const RETRY_MS = 10;

/** A system's packets, for which a thread of Node's pool waits. */
export interface WaitingSource extends FrameSource {
  /** Waits on another thread until there is something to read, at most {@link MAX_WAIT_MS}. */
  wait(done: () => void): void;
  /** Ends a wait early, if the system can. */
  wake(): void;
  /** Gives the system the first `bytes` bytes of a frame. @returns whether it took them */
  write(slot: FrameSlot, bytes: number): boolean;
  /** Removes the interface; nothing waits any more. */
  close(): void;
  /** Why {@link FrameSource.read} said that nothing will ever be there. */
  lostText(): string;
}

/** What a {@link WaitingTun} is made of. */
export interface WaitingTunOptions {
  readonly name: string;
  readonly mtu: number;
  readonly source: WaitingSource;
  readonly pool: FramePool;
}

/** A device without offloads of a system that has no epoll: it waits, reads until nothing is left, waits. */
export class WaitingTun implements TunDevice {
  readonly name: string;
  readonly mtu: number;
  readonly offloads = false;
  readonly #source: WaitingSource;
  readonly #pool: FramePool;
  #reader: FrameReader | undefined;
  #handler: TunHandler | undefined;
  #state: 'idle' | 'turning' | 'waiting' | 'full' = 'idle';
  #closing: Promise<void> | undefined;
  #onWaitEnded: (() => void) | undefined;

  constructor({ name, mtu, source, pool }: WaitingTunOptions) {
    this.name = name;
    this.mtu = mtu;
    this.#source = source;
    this.#pool = pool;
  }

  /** @throws VCLError `ConnectionClosed` after {@link close} */
  start(handler: TunHandler): void {
    if (this.#closing !== undefined) {
      throw new VCLError('ConnectionClosed', `the device ${this.name} is closed: open another`);
    }
    this.#handler = handler;
    this.#reader = new FrameReader(this.#source, this.#pool, handler);
    this.#pool.onFree = this.#onFree;
    this.#turnSoon();
  }

  reserve(): Uint8Array {
    // That of the pool may be another device's by then.
    if (this.#closing !== undefined) return new Uint8Array(MAX_FRAME_BYTES);
    return this.#pool.outgoing.bytes;
  }

  write(bytes: number): boolean {
    if (this.#closing !== undefined) return false;
    if (bytes <= VIRTIO_HEADER_BYTES || bytes > MAX_FRAME_BYTES) return false;
    return this.#source.write(this.#pool.outgoing, bytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#handler = undefined;
    this.#reader?.stop();
    if (this.#state === 'waiting') {
      const ended = new Promise<void>((resolve) => {
        this.#onWaitEnded = resolve;
      });
      this.#source.wake();
      await ended;
    }
    this.#source.close();
    retirePool(this.#pool);
  }

  readonly #turn = (): void => {
    this.#state = 'idle';
    if (this.#handler === undefined || this.#reader === undefined) return;
    const end = this.#reader.drain();
    // The handler may have closed the device.
    if (this.#handler === undefined) return;
    if (end === 'lost') this.#lose();
    else if (end === 'empty') this.#wait();
    else if (end === 'full' && this.#pool.open === undefined) this.#state = 'full';
    else this.#turnSoon();
  };

  #wait(): void {
    this.#state = 'waiting';
    try {
      this.#source.wait(this.#onWaited);
    } catch {
      // Other users of koffi have all the calls that may be under way.
      this.#state = 'turning';
      setTimeout(this.#turn, RETRY_MS);
    }
  }

  readonly #onWaited = (): void => {
    this.#onWaitEnded?.();
    this.#turn();
  };

  #turnSoon(): void {
    this.#state = 'turning';
    setImmediate(this.#turn);
  }

  readonly #onFree = (): void => {
    if (this.#state === 'full' && this.#handler !== undefined) this.#turnSoon();
  };

  #lose(): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#reader?.stop();
    handler?.onLost(new VCLError('IoError', this.#source.lostText()));
  }
}
