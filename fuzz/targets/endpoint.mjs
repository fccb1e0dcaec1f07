// Both ends of a handshake with everything around it: envelopes, cookies, limits, decisions, and the
// session that follows. Envelopes are mutated as plaintext and sealed under the right keys.
import { Mutator } from '../engine/mutator.mjs';
import { targets as handshake } from './handshake.mjs';
import { Op, parseOps, recordOps, Station, writeOps } from './support/datagrams.mjs';

const MAX_BYTES = 8_192;
const MAX_ITEM_BYTES = 1_000;
const MAX_CHANGES_BITS = 4;
/** Of so many inputs one is followed until everything should be forgotten. */
const FORGET_ONE_IN = 64;
/** Operations of an input that are played. */
const MAX_OPS = 24;
/** The first byte of an input: 1 makes signatures and comparisons always right. */
const LENIENT = 1;

const makeEnvelope = handshake.find(({ name }) => name === 'envelope').generate;
const makeFlight = handshake.find(({ name }) => name === 'flights').generate;

function endpointTarget(role) {
  let changed = 0;
  let inner;

  const run = (input) => {
    const count = Math.max(1, changed);
    changed = 0;
    const station = new Station(role, (input[0] & LENIENT) !== 0);
    for (const op of parseOps(input.subarray(1)).slice(0, MAX_OPS)) station.play(op);
    if (input.length % FORGET_ONE_IN === 0) station.checkForgotten();
    return count;
  };

  const mutate = (mutator, random, other) => {
    inner ??= new Mutator(random, { maxBytes: MAX_ITEM_BYTES });
    const ops = parseOps(mutator.input.slice(1));
    const others = other === undefined ? ops : parseOps(other.subarray(1));
    changed = 1 + random.skewed(MAX_CHANGES_BITS);
    for (let i = 0; i < changed; i++) random.pick(STEPS)(ops, random, inner, others);
    if (random.oneIn(4)) mutator.bytes[0] ^= LENIENT;
    mutator.length = 1 + writeOps(ops, mutator.bytes.subarray(1));
  };

  const seeds = () =>
    recordOps(role).flatMap((ops) => [0, LENIENT].map((mode) => asInput(mode, ops)));

  return { name: `endpoint-${role}`, maxBytes: MAX_BYTES, seeds, run, mutate };
}

function asInput(mode, ops) {
  const input = new Uint8Array(MAX_BYTES);
  input[0] = mode;
  return input.slice(0, 1 + writeOps(ops, input.subarray(1)));
}

const STEPS = [
  mutateItem,
  mutateItem,
  mutateItem,
  mutateItem,
  (ops, random) => insert(ops, random, { op: Op.Envelope, bytes: makeEnvelope(random) }),
  (ops, random) => insert(ops, random, { op: Op.Time, bytes: random.bytes(1) }),
  (ops, random, _inner, others) => {
    if (others.length > 0) insert(ops, random, random.pick(others));
  },
  (ops, random) => {
    if (ops.length > 0) ops.splice(random.below(ops.length), 1);
  },
  (ops, random) => {
    if (ops.length === 0) return;
    const at = random.below(ops.length);
    ops[at] = { ...ops[at], op: ops[at].op ^ (1 << random.below(5)) };
  },
  replaceFlight,
];

function insert(ops, random, step) {
  ops.splice(random.below(ops.length + 1), 0, step);
}

function mutateItem(ops, random, inner, others) {
  if (ops.length === 0) return;
  const at = random.below(ops.length);
  inner.load(ops[at].bytes);
  inner.mutate(others.length > 0 ? random.pick(others).bytes : undefined);
  ops[at] = { ...ops[at], bytes: inner.input.slice() };
}

const FLIGHT_AT = 15;

/** Another flight under the attempt number that is known. */
function replaceFlight(ops, random) {
  const envelopes = ops.filter(({ op, bytes }) => (op & 3) === 0 && bytes.length > FLIGHT_AT);
  if (envelopes.length === 0) return;
  const { op, bytes } = random.pick(envelopes);
  const flight = makeFlight(random).subarray(0, 440);
  const changed = new Uint8Array(FLIGHT_AT + flight.length);
  changed.set(bytes.subarray(0, FLIGHT_AT));
  const view = new DataView(changed.buffer);
  view.setUint16(11, flight.length);
  view.setUint16(13, flight.length);
  changed.set(flight, FLIGHT_AT);
  insert(ops, random, { op, bytes: changed });
}

export const targets = [endpointTarget('client'), endpointTarget('server')];
