import { page } from '../page.js';

/** What `getRandomValues` gives at once, bytes. */
const MAX_BYTES = 65_536;

/** Fills `out` from the random source of the browser. */
export function fillRandom(out: Uint8Array): void {
  for (let start = 0; start < out.length; start += MAX_BYTES) {
    page.crypto.getRandomValues(out.subarray(start, start + MAX_BYTES));
  }
}
