import { Carrier, CarrierRemote } from '@vcl-protocol/core';
import type { CarrierHandler, CarrierLink } from '../carrier-link.js';
import { LinkLife } from '../carriers/link-life.js';

/** What a {@link LossyLink} is made of. */
export interface LossyLinkOptions {
  readonly ordered: CarrierLink;
  /** How long a record may be, bytes. */
  readonly maxRecordBytes: number;
  readonly sendDatagram: (record: Uint8Array) => void;
}

/** So many records that came before the start are kept. */
const MAX_HELD = 64;

/** The datagrams of a QUIC connection: each is one record, and may be lost. */
export class LossyLink implements CarrierLink {
  readonly remote: CarrierRemote;
  readonly #options: LossyLinkOptions;
  readonly #life: LinkLife;
  #held: Uint8Array[] | undefined = [];

  constructor(options: LossyLinkOptions) {
    const { ordered, maxRecordBytes } = options;
    this.#options = options;
    this.remote = new CarrierRemote({
      address: ordered.remote.address,
      port: ordered.remote.port,
      carrier: Carrier.Quic,
      isOrdered: false,
      maxRecordBytes,
      orderedSide: ordered.remote,
    });
    this.#life = new LinkLife(this.remote);
  }

  get local(): { readonly address: string; readonly port: number } {
    return this.#options.ordered.local;
  }

  start(handler: CarrierHandler): void {
    this.#life.start(handler, () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const record of held) this.#life.handler?.onRecord(record);
    });
  }

  send(record: Uint8Array): void {
    if (!this.#life.isOpen || record.length > this.remote.maxRecordBytes) return;
    this.#options.sendDatagram(record);
  }

  flush(): void {
    this.#options.ordered.flush();
  }

  close(): Promise<void> {
    this.#life.end();
    return Promise.resolve();
  }

  destroy(): void {
    this.#life.end();
  }

  /** A datagram came; it is the caller's again when this returns. */
  onDatagram(record: Uint8Array): void {
    if (record.length === 0) return;
    if (this.#held === undefined) this.#life.handler?.onRecord(record);
    else if (this.#held.length < MAX_HELD) this.#held.push(record.slice());
  }

  /** The connection is gone. */
  lose(error: Error | undefined): void {
    this.#life.lose(error);
  }
}
