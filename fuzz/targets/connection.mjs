// A live connection behind the AEAD: genuine sessions whose payloads are mutated and sealed under the
// right keys. It must go on or end with a proper close code, and what it records must verify.
import { LOG_EXIT_CODES } from '../../packages/core/dist/chain/session-log/log-report.js';
import { SessionLogVerifier } from '../../packages/core/dist/chain/session-log/log-verifier.js';
import { CloseCode } from '../../packages/core/dist/wire/close-codes.js';
import { ControlType, controlMessage } from '../../packages/core/dist/wire/control-messages.js';
import { Mutator } from '../engine/mutator.mjs';
import { targets as frames } from './frames.mjs';
import { check } from './support/checks.mjs';
import { walkFrames } from './support/frame-walk.mjs';
import { recordScripts } from './support/recordings.mjs';
import { FORM_CONTROL, parseScript, writeScript } from './support/script.mjs';
import { Victim } from './support/victim.mjs';
import { targets as wire } from './wire.mjs';

const MAX_BYTES = 12_288;
const MAX_PAYLOAD_BYTES = 1_400;
/** How recordings end: not yet, on a wish of the application, or as time jumps over the idle timeout. */
const HONEST_CODES = [CloseCode.NO_ERROR, CloseCode.APPLICATION, CloseCode.IDLE];
/** Changed operations of an input, at most 2 to this power. */
const MAX_CHANGES_BITS = 5;
/** Operations before a burst of changed packets, and in it. */
const MAX_BEGINNING = 5;
const MAX_BURST = 10;
/** Operations that are played after the end. */
const LATE_OPS = 2;
/** Of so many inputs with a log the log of one is verified. */
const VERIFY_ONE_IN = 8;

const CONTROL_TYPES = {
  'control-statement': ControlType.STATEMENT,
  'control-gap': ControlType.GAP,
  'control-leaf-wanted': ControlType.LEAF_WANTED,
  'control-rekey-wanted': ControlType.REKEY_WANTED,
  'control-signer': ControlType.SIGNER,
  'control-ticket': ControlType.TICKET,
  'control-early': ControlType.EARLY,
};
const frameMakers = frames.map(({ generate }) => generate);
const bodyMakers = wire
  .filter(({ name }) => /^control-(statement|gap|leaf|rekey|signer|ticket|early)/.test(name))
  .map(({ name, generate }) => [CONTROL_TYPES[name], generate]);

function connectionTarget(role) {
  /** Places of the operations that the last mutation changed. */
  let changed = [];
  const inner = { mutator: undefined };

  const run = (input) => {
    const places = changed;
    changed = [];
    const { settings, ops } = parseScript(input);
    const victim = new Victim(role, settings);
    const usesControl = ops.some(({ form }) => (form & FORM_CONTROL) !== 0);
    let alive = 0;
    let late = 0;
    for (const op of ops) {
      if (!victim.connection.isEnded) alive++;
      else if (late++ >= LATE_OPS) break;
      victim.play(op);
      if (usesControl && !(op.form & FORM_CONTROL)) victim.followControl(op.payload);
    }
    victim.runTimers(4, true);
    if ((settings & 4) !== 0 && input.length % VERIFY_ONE_IN === 0) checkLog(victim);
    // What came after the end was not looked at.
    let count = 0;
    for (const place of places) if (place < alive) count++;
    return Math.max(1, count);
  };

  const mutate = (mutator, random, other) => {
    inner.mutator ??= new Mutator(random, { maxBytes: MAX_PAYLOAD_BYTES });
    const script = parseScript(mutator.input.slice());
    const source = other === undefined ? script : parseScript(other);
    const before = new Set(script.ops);
    if (random.oneIn(16)) script.settings = random.below(16);
    if (random.oneIn(4)) {
      for (let left = 1 + random.skewed(MAX_CHANGES_BITS); left > 0; left--) {
        random.pick(SCRIPT_STEPS)(script, random, source, inner.mutator);
      }
    } else {
      makeBurst(script, random, source, inner.mutator);
    }
    changed = script.ops.flatMap((op, place) => (before.has(op) ? [] : [place]));
    mutator.length = writeScript(script, mutator.bytes);
  };

  return {
    name: `connection-${role}`,
    maxBytes: MAX_BYTES,
    seeds: () => seedsFor(role),
    run,
    mutate,
  };
}

/** Recordings that end as they should when nothing is changed. */
function seedsFor(role) {
  const scripts = recordScripts(role).map((script) => script.slice(0, MAX_BYTES));
  for (const script of scripts) {
    const { settings, ops } = parseScript(script);
    const victim = new Victim(role, settings);
    for (const op of ops) victim.play(op);
    const { code } = victim.connection.endInfo;
    check(HONEST_CODES.includes(code), `a genuine session ends with code ${code}`);
  }
  return scripts;
}

/** What a peer sends never makes a log that says something was altered. */
function checkLog(victim) {
  const verifier = new SessionLogVerifier(victim.crypto);
  verifier.push(victim.log);
  const report = verifier.finish();
  const isHonest = report.exitCode !== LOG_EXIT_CODES.altered;
  // Without a session there is nothing in the file to read.
  check(
    isHonest || victim.isLenient,
    `the log is ${report.status}: ${JSON.stringify(report.problems)}`,
  );
}

/** A short beginning and then changed packets only: most sessions end by the second or third. */
function makeBurst(script, random, source, mutator) {
  const packets = [...script.ops, ...source.ops].filter(({ payload }) => payload.length > 0);
  script.ops.length = Math.min(script.ops.length, random.below(MAX_BEGINNING));
  if (packets.length === 0) return;
  for (let left = random.between(2, MAX_BURST); left > 0; left--) {
    const burst = { ops: [random.pick(packets)] };
    random.pick(BURST_STEPS)(burst, random, source, mutator);
    script.ops.push(...burst.ops.map((op) => ({ ...op })));
  }
}

const pickIndex = (list, random) => random.below(list.length);

/** Ways to change a script; each gets the script, chance, another script and a mutator for payloads. */
const SCRIPT_STEPS = [
  mutatePayload,
  mutatePayload,
  mutatePayload,
  mutatePayload,
  mutateFrame,
  mutateFrame,
  addFrame,
  addFrame,
  addControl,
  (script, random) => {
    if (script.ops.length === 0) return;
    const at = pickIndex(script.ops, random);
    const step = script.ops[at];
    script.ops[at] = { ...step, op: step.op ^ (1 << random.below(8)) };
  },
  (script, random) => {
    if (script.ops.length === 0) return;
    const at = pickIndex(script.ops, random);
    const step = script.ops[at];
    script.ops[at] = { ...step, form: step.form ^ (1 << random.below(8)) };
  },
  (script, random) => {
    if (script.ops.length > 0) script.ops.splice(pickIndex(script.ops, random), 1);
  },
  (script, random, source) => {
    if (source.ops.length === 0) return;
    const from = pickIndex(source.ops, random);
    const some = source.ops.slice(from, from + 1 + random.below(3));
    script.ops.splice(random.below(script.ops.length + 1), 0, ...some);
  },
  (script, random) => {
    if (script.ops.length < 2) return;
    const [a, b] = [pickIndex(script.ops, random), pickIndex(script.ops, random)];
    [script.ops[a], script.ops[b]] = [script.ops[b], script.ops[a]];
  },
];

/** Likely not to end the session, so that the next packet counts as well. */
const BURST_STEPS = [mutatePayload, mutateFrame, mutateFrame, addFrame, addFrame, addControl];

function mutatePayload(script, random, source, mutator) {
  const at = indexOfPacket(script, random);
  if (at < 0) return;
  mutator.load(script.ops[at].payload);
  mutator.mutate(random.oneIn(2) ? source.ops[indexOfPacket(source, random)]?.payload : undefined);
  script.ops[at] = { ...script.ops[at], payload: mutator.input.slice() };
}

/** One frame of a payload is mutated, dropped or doubled; the others stay whole. */
function mutateFrame(script, random, _source, mutator) {
  const at = indexOfPacket(script, random);
  if (at < 0) return;
  const { payload } = script.ops[at];
  const borders = [];
  walkFrames(payload, (_type, start, end) => borders.push([start, end]));
  if (borders.length === 0) return;
  const [start, end] = random.pick(borders);
  const frame = payload.subarray(start, end);
  let middle = [];
  if (random.oneIn(6)) middle = [frame, frame];
  else if (!random.oneIn(6)) {
    mutator.load(frame);
    mutator.mutate(undefined);
    middle = [mutator.input];
  }
  const changed = Buffer.concat([payload.subarray(0, start), ...middle, payload.subarray(end)]);
  script.ops[at] = { ...script.ops[at], payload: changed.subarray(0, MAX_PAYLOAD_BYTES) };
}

/** A frame that is right by itself stands before or behind those that are there. */
function addFrame(script, random) {
  const frame = random.pick(frameMakers)(random);
  const at = indexOfPacket(script, random);
  const { payload = new Uint8Array(0), op = 0, form = 0 } = script.ops[at] ?? {};
  const parts = random.oneIn(2) ? [frame, payload] : [payload, frame];
  const changed = Buffer.concat(parts).subarray(0, MAX_PAYLOAD_BYTES);
  if (at < 0) script.ops.push({ op, form, payload: changed });
  else script.ops[at] = { op, form, payload: changed };
}

/** A control message that is right by itself comes next in the stream. */
function addControl(script, random, _source, mutator) {
  const [type, make] = random.pick(bodyMakers);
  const kind = random.oneIn(8) ? random.below(256) : type;
  mutator.load(controlMessage(kind, make(random)));
  if (random.oneIn(2)) mutator.mutate(undefined);
  const step = { op: 0, form: FORM_CONTROL, payload: mutator.input.slice() };
  script.ops.splice(random.below(script.ops.length + 1), 0, step);
}

/** The place of an operation with a payload, -1 without one. */
function indexOfPacket(script, random) {
  const { ops } = script;
  if (ops.length === 0) return -1;
  const start = random.below(ops.length);
  for (let i = 0; i < ops.length; i++) {
    const at = (start + i) % ops.length;
    if (ops[at].payload.length > 0) return at;
  }
  return -1;
}

export const targets = [connectionTarget('client'), connectionTarget('server')];
