// One side of a round, in a process of its own. The parent says what to be, and when to measure.
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { loadPeer } from './peers.mjs';
import { measureWindow, monotonicMicros } from './window.mjs';

const STAMP_BYTES = 8;
const TICK_MS = 1;
/** The warm-up is so much faster, or code that is hot in a server would still be cold here. */
const WARM_UP_FACTOR = 10;
/** The last part of the warm-up, in which queues settle at the real rate. */
const SETTLE_MICROS = 500_000;

process.on('message', (message) => void take(message));
// The parent has gone: nobody wants the result.
process.on('disconnect', () => process.exit(1));

let side;

async function take({ open, measure, isOver }) {
  if (open !== undefined) {
    side = open.role === 'receiver' ? await receiver(open) : await sender(open);
    process.send({ address: side.address ?? {} });
  }
  if (measure !== undefined) process.send({ result: await side.run(measure) });
  if (isOver) {
    await Promise.race([side.close(), delay(500)]);
    process.exit(0);
  }
}

async function receiver(settings) {
  const counters = { messages: 0, bytes: 0, verified: 0 };
  const delays = settings.one.figure === 'latency' ? [] : undefined;
  let from = Number.POSITIVE_INFINITY;
  const onMessage = (message, verified) => {
    counters.messages++;
    counters.bytes += message.length;
    if (verified) counters.verified++;
    if (delays !== undefined) noteDelay(delays, message, from);
  };
  const { openReceiver } = await loadPeer(settings.peer);
  const { address, close } = await openReceiver(settings, onMessage);
  const run = async (window) => {
    from = window.from;
    return { ...(await measureWindow(window, counters)), delays };
  };
  return { address, close, run };
}

async function sender(settings) {
  const { openSender } = await loadPeer(settings.peer);
  const { send, close } = await openSender(settings.address, settings);
  const counters = { messages: 0, bytes: 0, verified: 0 };
  const message = fill(settings);
  const run = async (window) => {
    const isOver = { value: false };
    const sending = settings.one.perSecond
      ? sendPaced({ send, message, counters, isOver }, settings.one.perSecond, window.from)
      : sendAll({ send, message, counters, isOver });
    const result = await measureWindow(window, counters);
    isOver.value = true;
    await Promise.race([sending, nextTurn()]);
    return result;
  };
  return { close, run };
}

/** As many messages as the peer takes. */
async function sendAll({ send, message, counters, isOver }) {
  while (!isOver.value) {
    const wait = send(message);
    counters.messages++;
    counters.bytes += message.length;
    if (wait !== undefined) await wait;
  }
}

/** Some messages now and then; what a late timer has missed is sent at once, stamped when it is. */
async function sendPaced({ send, message, counters, isOver }, perSecond, from) {
  let last = monotonicMicros();
  let due = 0;
  while (!isOver.value) {
    const now = monotonicMicros();
    const factor = now < from - SETTLE_MICROS ? WARM_UP_FACTOR : 1;
    due += ((now - last) * perSecond * factor) / 1e6;
    last = now;
    for (; due >= 1; due--) {
      const stamped = new Uint8Array(message);
      new DataView(stamped.buffer).setFloat64(0, monotonicMicros());
      const wait = send(stamped);
      counters.messages++;
      counters.bytes += message.length;
      if (wait !== undefined) await wait;
    }
    await delay(TICK_MS);
  }
}

function noteDelay(delays, message, from) {
  const now = monotonicMicros();
  const stamp = new DataView(message.buffer, message.byteOffset, STAMP_BYTES).getFloat64(0);
  if (stamp >= from) delays.push(now - stamp);
}

/** Bytes that compress badly and repeat with the seed. */
function fill({ one, peer, seed }) {
  const bytes = new Uint8Array((peer === 'raw' && one.rawBytes) || one.messageBytes);
  let state = seed + 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
