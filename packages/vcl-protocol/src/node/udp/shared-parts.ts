import type { Libc, NativeBlock } from './libc.js';
import { Poller } from './poller.js';
import { ReceiveBatch } from './receive-batch.js';
import { SendBatch } from './send-batch.js';
import { ADDRESS_SCRATCH_BYTES } from './socket-address.js';

const SCRATCH_BYTES = 64;

/** What all fast links of a process use, so that a further socket costs next to nothing. */
export class SharedParts {
  readonly libc: Libc;
  readonly poller: Poller;
  readonly receiveBatch: ReceiveBatch;
  /** For the arguments of one call. */
  readonly scratch: NativeBlock;
  /** For addresses on their way to and from text. */
  readonly addressScratch: NativeBlock;
  readonly #sendBatches = new Map<number, SendBatch>();

  /** @throws VCLError `IoError` when the process has too many open files */
  constructor(libc: Libc) {
    this.libc = libc;
    this.poller = new Poller(libc);
    this.receiveBatch = new ReceiveBatch(libc);
    this.scratch = libc.allocate(SCRATCH_BYTES);
    this.addressScratch = libc.allocate(ADDRESS_SCRATCH_BYTES);
  }

  /** The batch for datagrams of at most this length. */
  sendBatch(maxDatagramBytes: number): SendBatch {
    let batch = this.#sendBatches.get(maxDatagramBytes);
    if (batch === undefined) {
      batch = new SendBatch(this.libc, maxDatagramBytes);
      this.#sendBatches.set(maxDatagramBytes, batch);
    }
    return batch;
  }
}
