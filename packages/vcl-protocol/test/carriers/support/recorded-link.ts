import { AsyncQueue } from '../../../src/async-queue.js';
import type { CarrierLink } from '../../../src/carrier-link.js';

/** A link that was started, with all that it told. */
export interface RecordedLink<T extends CarrierLink = CarrierLink> {
  readonly link: T;
  readonly records: AsyncQueue<Uint8Array>;
  readonly drains: AsyncQueue<true>;
  /** The error, or undefined, of each time it said that it is closed. */
  readonly closings: AsyncQueue<Error | undefined>;
}

/** Starts `link`, and overwrites each record after keeping a copy, as a handler may. */
export function recorded<T extends CarrierLink>(link: T): RecordedLink<T> {
  const records = new AsyncQueue<Uint8Array>();
  const drains = new AsyncQueue<true>();
  const closings = new AsyncQueue<Error | undefined>();
  link.start({
    onRecord: (record) => {
      records.push(record.slice());
      record.fill(0xff);
    },
    onDrain: () => drains.push(true),
    onClosed: (error) => closings.push(error),
  });
  return { link, records, drains, closings };
}

/** The next `count` records. */
export async function take({ records }: RecordedLink, count: number): Promise<Uint8Array[]> {
  const taken: Uint8Array[] = [];
  while (taken.length < count) {
    const { value } = await records.next();
    if (value === undefined) throw new Error('no more records');
    taken.push(value);
  }
  return taken;
}
