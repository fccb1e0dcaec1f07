// What the two sides of a session of the runtimes suite say: a megabyte each way, new keys, lossy
// messages, a ping, the end.
import { setTimeout as delay } from 'node:timers/promises';

const MESSAGE_BYTES = 16 * 1024;
const MESSAGES = 64;
const LOSSY_BYTES = 500;
const LOSSY_MESSAGES = 100;
/** Sent in one go; in between, the peer may catch up. */
const LOSSY_BURST = 20;
/** Lossy messages may get lost, on this machine only where buffers are small. */
const LOSSY_WANTED = 50;
/** What is still on its way when all was sent. */
const STRAGGLERS_MS = 50;

/** @returns problems, one string each */
export async function converseAsClient(connection, { carrier, signal }) {
  const problems = [];
  const isCarried = connection.carrier() === carrier.carries;
  if (!isCarried) problems.push(`carried by ${connection.carrier()}`);
  const arriving = receiveMegabyte(connection, signal);
  await sendMegabyte(connection, signal);
  problems.push(...(await arriving));
  await connection.rotateKeys({ signal });
  for (let n = 0; n < LOSSY_MESSAGES; n++) {
    await connection.send(pattern(n, LOSSY_BYTES), { reliability: 'unreliable', signal });
    if (n % LOSSY_BURST === LOSSY_BURST - 1) await connection.ping({ signal });
  }
  await delay(STRAGGLERS_MS);
  await connection.send('how many?', { signal });
  const count = Number((await connection.recv({ signal })).text());
  if (!(count >= LOSSY_WANTED)) problems.push(`${count} of ${LOSSY_MESSAGES} lossy messages`);
  const roundTripMs = await connection.ping({ signal });
  if (!(roundTripMs >= 0)) problems.push(`a ping of ${roundTripMs} ms`);
  return problems;
}

/** @returns problems, one string each */
export async function converseAsServer(connection, { signal }) {
  const sending = sendMegabyte(connection, signal);
  const problems = [];
  const heard = { reliable: 0, lossy: 0 };
  for await (const { lane, payload } of connection) {
    const n = heard[lane]++;
    // Lossy messages may overtake those of the other lane.
    if (lane === 'reliable' && n === MESSAGES) {
      await connection.send(String(heard.lossy), { signal });
    } else if (lane === 'reliable' ? !isMessage(payload, n) : !isPattern(payload, LOSSY_BYTES)) {
      problems.push(`message ${n} of the ${lane} lane has changed`);
    }
  }
  await sending;
  return problems;
}

async function sendMegabyte(connection, signal) {
  for (let n = 0; n < MESSAGES; n++) {
    await connection.send(pattern(n, MESSAGE_BYTES), { reliability: 'reliable', signal });
  }
}

async function receiveMegabyte(connection, signal) {
  const problems = [];
  for (let n = 0; n < MESSAGES; n++) {
    const { payload } = await connection.recv({ signal });
    if (!isMessage(payload, n)) problems.push(`message ${n} has changed`);
  }
  return problems;
}

/** Bytes that tell the number of their message and their place in it. */
function pattern(n, length) {
  return Uint8Array.from({ length }, (_, i) => n + i * 7);
}

function isMessage(payload, n) {
  return payload[0] === n && isPattern(payload, MESSAGE_BYTES);
}

function isPattern(payload, length) {
  return (
    payload.length === length && payload.every((byte, i) => byte === ((payload[0] + i * 7) & 255))
  );
}
