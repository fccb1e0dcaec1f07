// Cases of what changes under a session or between sessions: keys, carriers, the session itself.
import { Forwarder } from '../../lib/carriers/forwarder.mjs';
import { delay, until, within } from '../../lib/carriers/waiting.mjs';
import { exchange, receiveAll, sendAll } from './pattern.mjs';

const LIMIT_MS = 30_000;
const ROTATIONS = 3;
const SHORT = Array.from({ length: 40 }, (_, n) => n * 101);

/** Both sides change the keys again and again while messages go both ways. */
export async function rotation(tools) {
  const lengths = Array.from({ length: 600 }, (_, n) => (n * 613) % 9_000);
  return await tools.withScene({ isRecorded: true }, async (scene) => {
    const pair = await scene.connect();
    const events = pair.client.subscribe();
    const rotating = (async () => {
      for (let i = 0; i < ROTATIONS; i++) {
        for (const side of Object.values(pair)) await side.rotateKeys();
      }
    })();
    const found = within(LIMIT_MS, 'the exchange', exchange(pair, lengths));
    const [problems] = await Promise.all([found, within(LIMIT_MS, 'the rotations', rotating)]);
    await scene.closeBoth(pair);
    let epochs = 0;
    for await (const { type } of events) if (type === 'KeyRotated') epochs++;
    // Two sides that ask at nearly the same time get one change.
    if (epochs < ROTATIONS) problems.push(`the client told of ${epochs} changes`);
    problems.push(...(await scene.logProblems(1, [lengths.length, lengths.length])));
    return { note: `${epochs} epochs`, problems };
  });
}

/** The server ends the session; the same object connects again, twice. */
export async function reconnection(tools) {
  return await tools.withScene({ isRecorded: true }, async (scene) => {
    const client = await scene.bind();
    const problems = [];
    for (let session = 0; session < 3; session++) {
      const pair = await scene.connect({ client });
      problems.push(...(await within(LIMIT_MS, 'the exchange', exchange(pair, SHORT))));
      await within(LIMIT_MS, 'the server closes', pair.server.close());
      await until(LIMIT_MS, 'the client hears of it', () => client.isClosed());
    }
    await client.close();
    problems.push(...(await scene.logProblems(3, [SHORT.length, SHORT.length])));
    return { problems };
  });
}

/** What carries the session is taken away or exchanged in the middle of it, several times. */
export async function replaced(tools) {
  return await tools.withScene({ isRecorded: true }, async (scene) => {
    const { kind, proxy } = scene.carrier;
    const { port } = scene.listener.localAddress();
    const isCut = kind === 'stream' && proxy === undefined;
    const forwarder = isCut ? await Forwarder.open({ host: '127.0.0.1', port }) : undefined;
    try {
      const pair = await scene.connect({ port: forwarder?.port });
      const replace =
        forwarder === undefined ? () => pair.client.rebind() : () => forwarder.reset();
      return await carriedOn(scene, pair, replace);
    } finally {
      forwarder?.close();
    }
  });
}

async function carriedOn(scene, pair, replace) {
  const lengths = Array.from({ length: 400 }, (_, n) => (n * 613) % 20_000);
  const receiving = [
    receiveAll(pair.client, lengths, 'client'),
    receiveAll(pair.server, lengths, 'server'),
  ];
  const sending = Object.values(pair).map((side) => sendSlowly(side, lengths));
  let changes = 0;
  const events = pair.client.subscribe();
  const counting = (async () => {
    for await (const { type } of events) if (type === 'PathChanged') changes++;
  })();
  for (let i = 0; i < 3; i++) {
    await delay(150);
    const before = changes;
    await replace();
    await until(LIMIT_MS, 'the session is carried elsewhere', () => changes > before);
  }
  const all = within(LIMIT_MS, 'everything arrives', Promise.all([...receiving, ...sending]));
  const problems = (await all).flatMap((found) => found ?? []);
  await scene.closeBoth(pair);
  await counting;
  problems.push(...(await scene.logProblems(1, [lengths.length, lengths.length])));
  return { note: `${changes} changes`, problems };
}

async function sendSlowly(side, lengths) {
  for (let from = 0; from < lengths.length; from += 20) {
    await sendAll(side, lengths, from, from + 20);
    await delay(20);
  }
}
