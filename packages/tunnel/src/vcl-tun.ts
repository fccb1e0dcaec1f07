import { VCLError } from '@vcl-protocol/core';
import { configureDevice } from './configure-device.js';
import type { InterfaceSettings } from './device/interface-settings.js';
import { openTunDevice } from './device/open-device.js';
import { type TunDevice, type TunFrame, VIRTIO_HEADER_BYTES } from './device/tun-device.js';
import { addressesOf, resolveTunConfig, type TunConfig } from './tun-config.js';

/** What a {@link VCLTun} stands on, for tests and for systems that it does not know. */
export interface TunParts {
  /** Opens the device; that of this system by default. */
  readonly open?: (options: { name: string; mtu: number; offloads: boolean }) => TunDevice;
  /** Sets addresses and MTU and brings it up; with the tools of this system by default. */
  readonly configure?: (name: string, settings: InterfaceSettings) => Promise<void>;
}

interface Reader {
  readonly resolve: (packet: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A network interface whose packets this program reads and writes one by one (guide: TUN Interface).
 * What is not read waits in the device, and what the device has no memory for waits in the system's
 * queue, which drops what is too much.
 */
export class VCLTun implements AsyncDisposable {
  /** As it was given, and the defaults. */
  readonly config: Required<TunConfig>;
  readonly #device: TunDevice;
  readonly #frames: TunFrame[] = [];
  readonly #readers: Reader[] = [];
  #end: VCLError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(config: Required<TunConfig>, device: TunDevice) {
    this.config = config;
    this.#device = device;
  }

  /**
   * Makes the interface, with its addresses, and up.
   *
   * @throws VCLError `InvalidConfig` that names the field; `IoError` that says what is missing, such as
   * root
   */
  static async create(config: TunConfig = {}, parts: TunParts = {}): Promise<VCLTun> {
    const resolved = resolveTunConfig(config);
    const { open = openTunDevice, configure = configureDevice } = parts;
    const { name, mtu, destination } = resolved;
    const device = open({ name, mtu, offloads: false });
    try {
      await configure(device.name, { addresses: addressesOf(resolved), peer: destination, mtu });
      const tun = new VCLTun(resolved, device);
      tun.#start();
      return tun;
    } catch (error) {
      await device.close();
      throw error;
    }
  }

  /** As the system has it. */
  get name(): string {
    return this.#device.name;
  }

  /** The longest packet, in bytes. */
  get mtu(): number {
    return this.config.mtu;
  }

  /** The IPv4 address of the interface. */
  get address(): string {
    return this.config.address;
  }

  /** The IPv4 address at the other end. */
  get destination(): string {
    return this.config.destination;
  }

  /**
   * The next IP packet that the system sends into the interface; it belongs to the caller. Several
   * reads are served in order.
   *
   * @param signal gives up waiting, with its reason
   * @throws VCLError `ConnectionClosed` after {@link close}; `IoError` when the system removed the
   * interface
   */
  async readPacket(signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const frame = this.#frames.shift();
    if (frame !== undefined) return packetOf(frame);
    if (this.#end !== undefined) throw this.#end;
    return this.#nextPacket(signal);
  }

  /**
   * Gives the system one IP packet, as if it had come over the network.
   *
   * @returns whether the system took it; not if its queue is full or the interface is down
   * @throws VCLError `InvalidPacket` for what is no IP packet, `MessageTooBig` beyond the MTU,
   * `ConnectionClosed` or `IoError` as {@link readPacket}
   */
  writePacket(packet: Uint8Array): boolean {
    if (this.#end !== undefined) throw this.#end;
    const version = (packet[0] ?? 0) >>> 4;
    if (version !== 4 && version !== 6) {
      throw new VCLError('InvalidPacket', 'give a whole packet of IPv4 or IPv6, header first');
    }
    if (packet.length > this.mtu) {
      const text = `the packet has ${packet.length} bytes, the interface takes ${this.mtu}: raise mtu`;
      throw new VCLError('MessageTooBig', text);
    }
    const frame = this.#device.reserve();
    frame.fill(0, 0, VIRTIO_HEADER_BYTES);
    frame.set(packet, VIRTIO_HEADER_BYTES);
    return this.#device.write(VIRTIO_HEADER_BYTES + packet.length);
  }

  /** Packets until {@link close}; leaving the loop early closes nothing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      try {
        yield await this.readPacket();
      } catch (error) {
        if (VCLError.is(error) && error.code === 'ConnectionClosed') return;
        throw error;
      }
    }
  }

  /** Removes the interface; waiting reads end with `ConnectionClosed`. */
  close(): Promise<void> {
    const text = `the interface ${this.name} is closed: create another`;
    this.#finish(new VCLError('ConnectionClosed', text));
    for (const frame of this.#frames.splice(0)) frame.release();
    this.#closing ??= this.#device.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(): void {
    this.#device.start({
      onFrame: (frame) => this.#take(frame),
      onIdle: () => {},
      onLost: (error) => this.#finish(new VCLError('IoError', error.message, { cause: error })),
    });
  }

  #take(frame: TunFrame): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#frames.push(frame);
    else reader.resolve(packetOf(frame));
  }

  #nextPacket(signal: AbortSignal | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#readers.indexOf(reader);
        if (index >= 0) this.#readers.splice(index, 1);
        reject(signal?.reason);
      };
      const unlisten = (): void => signal?.removeEventListener('abort', onAbort);
      const reader: Reader = {
        resolve: (packet) => {
          unlisten();
          resolve(packet);
        },
        reject: (error) => {
          unlisten();
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#readers.push(reader);
    });
  }

  #finish(error: VCLError): void {
    this.#end ??= error;
    for (const reader of this.#readers.splice(0)) reader.reject(this.#end);
  }
}

/** @returns a copy; the frame is given back */
function packetOf(frame: TunFrame): Uint8Array {
  const packet = frame.bytes.slice(VIRTIO_HEADER_BYTES, frame.length);
  frame.release();
  return packet;
}
