// Our figures beside the table of the guide (guide 1.5.0, "Benchmarks"), whose machine is unknown. With
// the provider that is chosen here by itself the public functions are measured, as a user calls them;
// with the others what these functions would do.
import { cpus } from 'node:os';
import { chooseProvider } from '../packages/vcl-protocol/dist/index.js';
import { operationsOf } from './operations.mjs';
import { measure } from './timing.mjs';

/** Microseconds. */
const GUIDE = {
  keypair_generate: 13,
  'encrypt 64 B': 1.5,
  'encrypt 16 KB': 12,
  'decrypt 64 B': 1.4,
  packet_sign: 32,
  packet_verify: 36,
  'full pipeline 64 B': 38,
};
const PROVIDERS = ['sodium-native', 'node', 'noble'];
/** The provider that is held to the guide's figures. */
const HELD = 'sodium-native';

/** What may follow `npm run bench -- micro`. */
export const OPTIONS = { json: { type: 'boolean', default: false } };

/** @param {{ json: boolean }} options whether to print JSON instead of a table */
export function run({ json }) {
  const providers = PROVIDERS.filter(loads);
  const results = new Map(providers.map((name) => [name, measure(operationsOf(name))]));
  const rows = Object.entries(GUIDE).map(([name, guideMicros]) => ({
    name,
    guideMicros,
    micros: Object.fromEntries(
      [...results].map(([key, all]) => [key, round(all.get(name).micros)]),
    ),
    runs: Object.fromEntries(
      [...results].map(([key, all]) => [key, all.get(name).runs.map(round)]),
    ),
  }));
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
  };
  const automatic = chooseProvider().name;
  if (json) console.log(JSON.stringify({ ...machine, automatic, rows }, undefined, 2));
  else print(rows, providers, machine, automatic);
}

function loads(name) {
  try {
    return chooseProvider(name).name === name;
  } catch {
    return false;
  }
}

function print(rows, providers, { node, cpu, cores }, automatic) {
  console.log(
    `Node ${node}, ${cpu}, ${cores} cores. Microseconds a call, then the share of the guide's.`,
  );
  console.log(
    `Public functions with ${automatic}; the same steps on the provider with the others.\n`,
  );
  const line = (cells) =>
    cells.map((cell, i) => (i ? cell.padStart(18) : cell.padEnd(20))).join('');
  console.log(line(['', 'guide', ...providers]));
  for (const { name, guideMicros, micros } of rows) {
    const cells = providers.map(
      (key) => `${micros[key].toFixed(2)} (${(micros[key] / guideMicros).toFixed(2)})`,
    );
    console.log(line([name, `~${guideMicros}`, ...cells]));
  }
  if (!providers.includes(HELD)) {
    console.log(`\n${HELD} does not load here, so nothing is held to the guide.`);
    return;
  }
  const within = rows.filter((row) => row.micros[HELD] <= row.guideMicros).map((row) => row.name);
  const over = rows.map((row) => row.name).filter((name) => !within.includes(name));
  console.log(`\n${HELD}, at most the guide's: ${within.join(', ') || 'none'}`);
  console.log(`${HELD}, over the guide's: ${over.join(', ') || 'none'}`);
}

function round(micros) {
  return Math.round(micros * 1000) / 1000;
}
