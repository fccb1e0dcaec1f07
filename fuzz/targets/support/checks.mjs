// What targets hold decoders to.
import { VCLError } from '../../../packages/core/dist/errors.js';
import { Violation } from '../../engine/finding.mjs';

/** Ends the run as a finding unless `holds`. */
export function check(holds, message) {
  if (!holds) throw new Violation(message);
}

/** Ends the run as a finding unless both have the same bytes. */
export function checkSameBytes(a, b, message) {
  if (!sameBytes(a, b)) throw new Violation(message);
}

export function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether two decoded values are the same: numbers, texts, byte arrays, lists and objects of them. */
export function sameValue(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && sameBytes(a, b);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!sameValue(a[key], b[key])) return false;
  return true;
}

/** Ends the run as a finding unless both values are the same. */
export function checkSame(a, b, message) {
  if (!sameValue(a, b)) throw new Violation(`${message}: ${show(a)} and ${show(b)}`);
}

/**
 * Reads what a person wrote: a VCLError with one of `codes` and a message is an answer, every other
 * exception a finding.
 *
 * @returns the value, undefined after a VCLError
 */
export function readPersonInput(read, codes) {
  try {
    return read();
  } catch (error) {
    checkPersonError(error, codes);
    return undefined;
  }
}

/** Likewise for readers that give promises. */
export async function readPersonFile(read, codes) {
  try {
    return await read();
  } catch (error) {
    checkPersonError(error, codes);
    return undefined;
  }
}

function checkPersonError(error, codes) {
  if (!(error instanceof VCLError) || !codes.includes(error.code)) throw error;
  check(error.message.length >= 20, `the message '${error.message}' does not help`);
  check(error.message.length <= 1_000, 'the message repeats all of the input');
}

function show(value) {
  return JSON.stringify(value, (_, item) =>
    item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item,
  )?.slice(0, 200);
}
