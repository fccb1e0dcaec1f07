import type { NativeBlock, Pointer } from 'vcl-protocol/native';
import type { FrameSlot } from '../frame-pool.js';
import { ReadResult } from '../frame-reader.js';
import { MAX_FRAME_BYTES, VIRTIO_HEADER_BYTES } from '../tun-device.js';
import { MAX_WAIT_MS, type WaitingSource } from '../waiting-tun.js';
import type { WintunLibrary } from './wintun-library.js';

/** winerror.h: the adapter is going away; the ring was overwritten. */
const ERROR_HANDLE_EOF = 38;
const ERROR_INVALID_DATA = 13;

/** A session of Wintun: a ring of packets for each direction, and an event for those that come. */
export class WintunRing implements WaitingSource {
  readonly #library: WintunLibrary;
  readonly #adapter: Pointer;
  readonly #session: Pointer;
  readonly #event: Pointer;
  readonly #lengthOut: NativeBlock;
  readonly #packetPointers = new Map<FrameSlot, Pointer>();
  #error = 0;

  constructor(library: WintunLibrary, adapter: Pointer, session: Pointer) {
    this.#library = library;
    this.#adapter = adapter;
    this.#session = session;
    this.#event = library.readWaitEvent(session);
    this.#lengthOut = library.allocate(Uint32Array.BYTES_PER_ELEMENT);
  }

  read(slot: FrameSlot): number {
    const library = this.#library;
    const packet = library.receivePacket(this.#session, this.#lengthOut.pointer);
    if (packet === null) {
      this.#error = library.lastError();
      const isOver = this.#error === ERROR_HANDLE_EOF || this.#error === ERROR_INVALID_DATA;
      return isOver ? ReadResult.Lost : ReadResult.Empty;
    }
    const bytes = this.#lengthOut.view.getUint32(0, true);
    const isPacket = bytes > 0 && bytes <= MAX_FRAME_BYTES - VIRTIO_HEADER_BYTES;
    if (isPacket) library.copy(this.#packetPointer(slot), packet, bytes);
    library.releaseReceivePacket(this.#session, packet);
    if (!isPacket) return ReadResult.Skipped;
    slot.bytes.fill(0, 0, VIRTIO_HEADER_BYTES);
    return VIRTIO_HEADER_BYTES + bytes;
  }

  write(slot: FrameSlot, bytes: number): boolean {
    const length = bytes - VIRTIO_HEADER_BYTES;
    const packet = this.#library.allocateSendPacket(this.#session, length);
    if (packet === null) return false;
    this.#library.copy(packet, this.#packetPointer(slot), length);
    this.#library.sendPacket(this.#session, packet);
    return true;
  }

  wait(done: () => void): void {
    this.#library.wait(this.#event, MAX_WAIT_MS, done);
  }

  wake(): void {
    this.#library.signal(this.#event);
  }

  close(): void {
    this.#library.endSession(this.#session);
    this.#library.closeAdapter(this.#adapter);
  }

  lostText(): string {
    return `Windows has removed the adapter (error ${this.#error}): open the device again`;
  }

  #packetPointer(slot: FrameSlot): Pointer {
    let pointer = this.#packetPointers.get(slot);
    if (pointer === undefined) {
      pointer = slot.pointer + BigInt(VIRTIO_HEADER_BYTES);
      this.#packetPointers.set(slot, pointer);
    }
    return pointer;
  }
}
