import type { CryptoProvider } from '../crypto/provider.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { CID_BYTES, cidKey } from '../wire/record-header.js';

/** Who takes the records that carry a connection id. */
export interface RecordSink {
  /** @param record outer mask undone; may be overwritten */
  handleRecord(record: Uint8Array, pathId: number, from: RemoteAddress, now: number): void;
}

/** Where a connection id leads. */
export interface Route {
  sink: RecordSink;
  readonly pathId: number;
}

/** The connection ids of an endpoint, by their last 48 bits as a number (rule E1). */
export class CidTable {
  readonly #crypto: CryptoProvider;
  readonly #routes = new Map<number, Route>();

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
  }

  get size(): number {
    return this.#routes.size;
  }

  /** Makes an id that leads to `sink` as path `pathId`. */
  issue(sink: RecordSink, pathId: number): Uint8Array {
    const cid = new Uint8Array(CID_BYTES);
    do this.#crypto.randomBytes(cid);
    while (this.#routes.has(cidKey(cid, 0)));
    this.#routes.set(cidKey(cid, 0), { sink, pathId });
    return cid;
  }

  /** The route of the id that stands in `bytes` at `offset`. */
  lookup(bytes: Uint8Array, offset: number): Route | undefined {
    return this.#routes.get(cidKey(bytes, offset));
  }

  /** Leads an id to somebody else from here on. */
  redirect(cid: Uint8Array, sink: RecordSink): void {
    const route = this.#routes.get(cidKey(cid, 0));
    if (route !== undefined) route.sink = sink;
  }

  remove(cid: Uint8Array): void {
    this.#routes.delete(cidKey(cid, 0));
  }
}
