// Puts counters into JavaScript: istanbul says where, and its own counters, which are slow, are
// exchanged for a byte in one array.
import istanbul from 'istanbul-lib-instrument';
import { COUNTERS_NAME } from './coverage.mjs';

/**
 * Instruments one module.
 *
 * @param code of an ES module
 * @param path for messages
 * @param firstPoint number of the first point of this module
 * @returns `code` with counters, and how many `points` it has
 */
export function instrument(code, path, firstPoint) {
  const instrumenter = istanbul.createInstrumenter({
    esModules: true,
    compact: true,
    coverageGlobalScopeFunc: false,
    coverageGlobalScope: 'globalThis',
  });
  const instrumented = instrumenter.instrumentSync(code, path);
  const name = /^function (cov_\w+)\(/.exec(instrumented)?.[1];
  if (name === undefined) return { code, points: 0 };
  const numbers = new Map();
  const numberOf = (key) => {
    if (!numbers.has(key)) numbers.set(key, firstPoint + numbers.size);
    return numbers.get(key);
  };
  // What stands before this is where istanbul keeps counts.
  const opening = `${name}();`;
  const body = instrumented.slice(instrumented.indexOf(opening) + opening.length);
  const counter = new RegExp(`${name}\\(\\)\\.([sfb](?:\\[\\d+\\])+)\\+\\+`, 'g');
  const counted = body.replace(counter, (_, key) => `$vclFuzz[${numberOf(key)}]++`);
  if (counted.includes(`${name}()`)) throw new Error(`${path}: an unknown kind of counter`);
  return {
    code: `const $vclFuzz=globalThis.${COUNTERS_NAME};${counted}`,
    points: numbers.size,
  };
}
