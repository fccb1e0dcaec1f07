// A timing loop for operations of a microsecond. On a shared machine a neighbour makes single rounds
// slow and never fast, so a run is the median of its rounds, and the figure is the best run.

const WARM_UP_MS = 100;
const ROUND_MS = 20;
const ROUNDS = 7;
const RUNS = 5;
/** The clock is read once in so many calls, so that reading it does not show. */
const MIN_BATCH = 4;

/**
 * Measures operations in turn, so that a slow moment of the machine meets all of them.
 *
 * @param {Map<string, () => unknown>} operations by name
 * @returns {Map<string, { micros: number, runs: number[] }>} microseconds a call: best run, all runs
 */
export function measure(operations) {
  const batches = new Map();
  for (const [name, operation] of operations) batches.set(name, warmUp(operation));
  const runs = new Map([...operations.keys()].map((name) => [name, []]));
  for (let run = 0; run < RUNS; run++) {
    for (const [name, operation] of operations) {
      runs.get(name).push(medianMicros(operation, batches.get(name)));
    }
  }
  return new Map([...runs].map(([name, all]) => [name, { micros: Math.min(...all), runs: all }]));
}

/** @returns how many calls fill a round */
function warmUp(operation) {
  const start = performance.now();
  let calls = 0;
  while (performance.now() - start < WARM_UP_MS) {
    repeat(operation, MIN_BATCH);
    calls += MIN_BATCH;
  }
  return Math.max(MIN_BATCH, Math.round((calls * ROUND_MS) / WARM_UP_MS));
}

function medianMicros(operation, batch) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    repeat(operation, batch);
    rounds.push(((performance.now() - start) * 1000) / batch);
  }
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1];
}

/** Keeps the last result, so that no call can be left out. */
let kept;
function repeat(operation, times) {
  for (let i = 0; i < times; i++) kept = operation();
  return kept;
}
