// The simulator suite: random worlds, handshakes under loss, rotations under loss, all on virtual
// time. `npm run sim -- --seeds 1000 [--from 1] [--world SEED]`; a failing seed replays with --world.
import { parseArgs } from 'node:util';
import { createSeededProvider } from '../../packages/core/dist/index.js';
import { Pair, randomWorld, runWorld } from '../../packages/testkit/dist/index.js';
import { chooseProvider } from '../../packages/vcl-protocol/dist/index.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    world: { type: 'string' },
    rotations: { type: 'string' },
    full: { type: 'boolean', default: false },
  },
});

const HANDSHAKES = 50;

if (values.world === undefined) suite();
else replay(Number(values.world));

function suite() {
  const seeds = Number(values.seeds);
  const rotations = Number(values.rotations ?? (values.full || seeds >= 1000 ? 10_000 : 1_000));
  const handshakeFailures = handshakes();
  const lost = rotate(rotations);
  const { messages, violations, broken } = worlds(Number(values.from), seeds);
  const total = violations + handshakeFailures + lost;
  console.log(`${seeds} seeds, ${messages} messages, ${total} violations`);
  const failed = broken + handshakeFailures + (lost > 0 ? 1 : 0);
  console.log(`${seeds + HANDSHAKES + 1 - failed} passed, ${failed} failed, 0 skipped`);
  if (total > 0) process.exitCode = 1;
}

function replay(seed) {
  const world = randomWorld(seed);
  console.log(JSON.stringify(world, null, 1));
  console.log(JSON.stringify(run(world), null, 1));
}

function run(world) {
  return runWorld(world, { crypto: createSeededProvider(chooseProvider(), world.seed) });
}

function worlds(from, count) {
  let messages = 0;
  let violations = 0;
  let broken = 0;
  for (let seed = from; seed < from + count; seed++) {
    const result = run(randomWorld(seed));
    messages += result.messages;
    violations += result.violations.length;
    if (result.violations.length > 0) broken++;
    for (const violation of result.violations) console.log(`seed ${seed}: ${violation}`);
    if ((seed - from + 1) % 100 === 0) console.log(`worlds: ${seed - from + 1} of ${count}`);
  }
  return { messages, violations, broken };
}

/** Rule B8: 30 % loss in bursts of 3 on average; 50 of 50 sessions within 10 virtual seconds. */
function handshakes() {
  let failed = 0;
  let slowest = 0;
  for (let seed = 1; seed <= HANDSHAKES; seed++) {
    const pair = makePair(`handshake ${seed}`, { delayMs: 40, loss: 0.3, burst: 3 });
    if (!pair.establish(10_000)) failed++;
    slowest = Math.max(slowest, pair.now);
  }
  console.log(
    `handshakes: ${HANDSHAKES - failed} of ${HANDSHAKES} at 30 % loss, slowest ${Math.round(slowest)} ms`,
  );
  return failed;
}

/** Rotations asked for by both sides in turn, and at once, while messages flow under 10 % loss. */
function rotate(count) {
  const pair = makePair('rotations', { delayMs: 5, loss: 0.1, reorder: 0.1, reorderDelayMs: 5 });
  if (!pair.establish()) return 1;
  let sent = 0;
  for (let epoch = 1; epoch <= count; epoch++) {
    const side = epoch % 3 === 0 ? 'server' : 'client';
    pair[side].connection.rotateKeys(pair.now);
    if (epoch % 5 === 0) pair.client.connection.rotateKeys(pair.now);
    for (const from of ['client', 'server'])
      pair.send(from, numbered(sent), { reliability: 'reliable' });
    sent++;
    const reached = () =>
      pair.client.connection.epoch >= epoch && pair.server.connection.epoch >= epoch;
    pair.run(60_000, reached);
    if (!reached()) {
      console.log(`rotations: stuck at ${epoch}`);
      return 1;
    }
  }
  pair.run(
    30_000,
    () => pair.client.messages.length === sent && pair.server.messages.length === sent,
  );
  const lost = ['client', 'server'].reduce(
    (sum, side) => sum + missing(pair[side].messages, sent),
    0,
  );
  console.log(`rotations: ${count} under 10 % loss, ${2 * sent} messages, ${lost} lost`);
  return lost;
}

function missing(messages, sent) {
  let lost = Math.abs(sent - messages.length);
  messages.forEach((message, i) => {
    if (new DataView(message.payload.buffer, message.payload.byteOffset).getUint32(0) !== i) lost++;
  });
  return lost;
}

function numbered(n) {
  const payload = new Uint8Array(40);
  new DataView(payload.buffer).setUint32(0, n);
  return payload;
}

function makePair(seed, link) {
  return new Pair({ seed, link, crypto: createSeededProvider(chooseProvider(), hash(seed)) });
}

function hash(text) {
  let value = 7;
  for (const char of text) value = (Math.imul(value, 31) + char.charCodeAt(0)) >>> 0;
  return value;
}
