import { type RemoteAddress, VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';
import { formatAddress } from './carrier-address.js';
import type { DatagramLink, DatagramNetwork, LinkHandler, LinkOptions } from './datagram-link.js';

/** A datagram on its way through a {@link MemoryNetwork}. */
export interface MemoryDatagram {
  readonly data: Uint8Array;
  readonly from: RemoteAddress;
  readonly to: RemoteAddress;
}

/** Options of {@link MemoryNetwork}. */
export interface MemoryNetworkOptions {
  /** Whether a datagram arrives. Default: all do. */
  readonly delivers?: (datagram: MemoryDatagram) => boolean;
  /** Names beside `localhost`, and their numeric addresses, best first. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
}

/** Datagrams that wait at once, at most; more are lost, as in a real network. */
const MAX_WAITING = 4_096;
const FIRST_FREE_PORT = 49_152;

/**
 * A network inside of the process: the twin of UDP for tests and for two sides in one program. What
 * is sent arrives in order, in a later turn of the event loop.
 */
export class MemoryNetwork implements DatagramNetwork {
  readonly #options: MemoryNetworkOptions;
  readonly #links = new Map<string, MemoryLink>();
  #waiting: MemoryDatagram[] = [];
  #nextPort = FIRST_FREE_PORT;

  constructor(options: MemoryNetworkOptions = {}) {
    this.#options = options;
  }

  open(options: LinkOptions): Promise<DatagramLink> {
    const port = options.port === 0 ? this.#nextPort++ : options.port;
    const local = { address: options.address, port };
    const key = formatAddress(local);
    if (this.#links.has(key)) {
      return Promise.reject(new VCLError('IoError', `cannot bind ${key}: another link has it`));
    }
    const link = new MemoryLink(local, options.maxDatagramBytes, {
      send: (datagram) => this.#send(datagram),
      close: () => this.#links.delete(key),
    });
    this.#links.set(key, link);
    return Promise.resolve(link);
  }

  lookup(host: string): Promise<readonly string[]> {
    const known = this.#options.hosts?.[host];
    if (known !== undefined) return Promise.resolve(known);
    return Promise.resolve([host === 'localhost' ? '127.0.0.1' : host]);
  }

  #send(datagram: MemoryDatagram): void {
    if (this.#waiting.length >= MAX_WAITING || this.#options.delivers?.(datagram) === false) return;
    if (this.#waiting.length === 0) platform.defer(() => this.#deliver());
    this.#waiting.push(datagram);
  }

  #deliver(): void {
    const arriving = this.#waiting;
    this.#waiting = [];
    for (const { data, from, to } of arriving) {
      this.#links.get(formatAddress(to))?.receive(data, from);
    }
  }
}

interface MemoryLinkHost {
  send(datagram: MemoryDatagram): void;
  close(): void;
}

class MemoryLink implements DatagramLink {
  readonly local: RemoteAddress;
  readonly families: readonly (4 | 6)[];
  readonly #host: MemoryLinkHost;
  readonly #buffer: Uint8Array;
  #handler: LinkHandler | undefined;
  #isClosed = false;

  constructor(local: RemoteAddress, maxDatagramBytes: number, host: MemoryLinkHost) {
    this.local = local;
    this.families =
      local.address === '::' ? [4, 6] : platform.isIP(local.address) === 6 ? [6] : [4];
    this.#buffer = new Uint8Array(maxDatagramBytes);
    this.#host = host;
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
  }

  receive(data: Uint8Array, from: RemoteAddress): void {
    this.#handler?.onDatagram(data, from);
  }

  reserve(): Uint8Array {
    return this.#buffer;
  }

  send(bytes: number, to: RemoteAddress): void {
    if (this.#isClosed) return;
    this.#host.send({ data: this.#buffer.slice(0, bytes), from: this.local, to: { ...to } });
  }

  flush(): void {}

  close(): Promise<void> {
    this.#isClosed = true;
    this.#handler = undefined;
    this.#host.close();
    return Promise.resolve();
  }
}
