// The case of many clients at once.
import { within } from '../../lib/carriers/waiting.mjs';
import { message } from './pattern.mjs';

const CROWD_MS = 120_000;
const BYTES = 10_000;
/** At most as many handshakes at a time as a server answers without asking for cookies. */
const AT_ONCE = 100;

/** All connect at once, stay, and each has a message echoed. */
export async function crowd(tools, { isFull }) {
  const count = isFull ? 500 : 50;
  return await tools.withScene({ server: { backlog: count } }, async (scene) => {
    const echoes = echoAll(scene.listener);
    const clients = [];
    const start = performance.now();
    for (let from = 0; from < count; from += AT_ONCE) {
      const some = Math.min(AT_ONCE, count - from);
      const arriving = Array.from({ length: some }, () => arrive(scene));
      clients.push(...(await within(CROWD_MS, 'all connect', Promise.all(arriving))));
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const problems = [];
    const { size } = scene.listener.connections;
    if (size !== count) problems.push(`${size} of ${count} sessions are up`);
    const talks = clients.map((client, n) => talk(client, n));
    problems.push(...(await within(CROWD_MS, 'all talk', Promise.all(talks))).flat());
    const closing = clients.map((client) => client.close());
    await within(CROWD_MS, 'all leave', Promise.all(closing));
    await scene.listener.close();
    await echoes;
    return { note: `${count} within ${seconds} s`, problems };
  });
}

async function arrive(scene) {
  const client = await scene.bind();
  await client.connect(scene.address(), { server: scene.listener.getPublicKey() });
  return client;
}

async function echoAll(listener) {
  const all = [];
  for await (const connection of listener) all.push(echo(connection).catch(() => {}));
  await Promise.all(all);
}

async function echo(connection) {
  for await (const { payload } of connection) await connection.send(payload);
}

async function talk(client, n) {
  const bytes = message(n, BYTES);
  await client.send(bytes);
  const { payload } = await client.recv();
  return Buffer.compare(payload, bytes) === 0 ? [] : [`client ${n} heard something else`];
}
