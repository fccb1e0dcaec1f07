import type { CryptoProvider, Signer } from '@vcl-protocol/core';
import { platform } from '#platform';
import type { CarrierLink, CarrierServer } from '../../../src/carrier-link.js';
import {
  type DialedQuicLink,
  type DialQuicOptions,
  dialQuic,
  type ListenQuicOptions,
  listenQuic,
  type QuicLink,
} from '../../../src/quic/index.js';

export const crypto: CryptoProvider = platform.chooseProvider();

/** An identity that is always the same. */
export function signerOf(seed: number): Signer {
  return crypto.createSigner(new Uint8Array(32).fill(seed));
}

/** One end of a link: what it heard. */
export class Heard {
  readonly link: CarrierLink;
  readonly records: Uint8Array[] = [];
  drains = 0;
  /** How it ended; undefined while it has not. */
  ending: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(link: CarrierLink) {
    this.link = link;
    link.start({
      onRecord: (record) => {
        this.records.push(record.slice());
        this.#wake?.();
      },
      onDrain: () => {
        this.drains++;
        this.#wake?.();
      },
      onClosed: (error) => {
        this.ending = { error };
        this.#wake?.();
      },
    });
  }

  get texts(): string[] {
    return this.records.map((record) => Buffer.from(record).toString());
  }

  /** Resolves when `holds`. */
  async until(holds: (heard: this) => boolean): Promise<void> {
    while (!holds(this)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  send(text: string): void {
    this.link.send(Buffer.from(text));
    this.link.flush();
  }
}

/** A server on loopback, the links that came to it, and a way to it. */
export class Listener {
  readonly server: CarrierServer;
  readonly signer: Signer;
  readonly #links: QuicLink[] = [];
  #wake: (() => void) | undefined;

  private constructor(server: CarrierServer, signer: Signer) {
    this.server = server;
    this.signer = signer;
    server.start((link) => {
      this.#links.push(link as QuicLink);
      this.#wake?.();
    });
  }

  static async open(options: Partial<ListenQuicOptions> = {}): Promise<Listener> {
    const signer = options.signer ?? signerOf(1);
    const server = await listenQuic({ address: '127.0.0.1', port: 0, ...options, signer });
    return new Listener(server, signer);
  }

  /** The next link that came. */
  async next(): Promise<QuicLink> {
    for (;;) {
      const link = this.#links.shift();
      if (link !== undefined) return link;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Connects; by default to this very identity. */
  dial(options: DialQuicOptions = { serverKey: this.signer.publicKey }): Promise<DialedQuicLink> {
    return dialQuic({ host: '127.0.0.1', port: this.server.local.port }, options);
  }

  /** A link and its other end. */
  async pair(options?: DialQuicOptions): Promise<[DialedQuicLink, QuicLink]> {
    return await Promise.all([this.dial(options), this.next()]);
  }
}
