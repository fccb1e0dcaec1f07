import { createHash } from 'node:crypto';
import { atPlace, listenTo, pause, sendAll, until } from './place.mjs';
import { Relay } from './relay.mjs';

const RECORD_BYTES = 16_384;
const MOVES = 3;

/** The client takes another socket, three times, with data under way. */
export function migration(bytes) {
  return atPlace({}, async (place) => {
    const [client, server] = await place.pair();
    const ports = new Set([client.local.port]);
    return await transfer(client, server, bytes, async () => {
      await client.rebind();
      ports.add(client.local.port);
      return `${ports.size} ports`;
    });
  });
}

/** What stands between them gives the client another address, three times, and neither knows. */
export function newAddress(bytes) {
  return atPlace({}, async (place) => {
    const relay = await Relay.open(place.port);
    try {
      const [client, server] = await place.pair({}, relay.port);
      return await transfer(client, server, bytes, async () => {
        await relay.readdress();
        return `${MOVES} other addresses`;
      });
    } finally {
      await pause(20);
      relay.close();
    }
  });
}

async function transfer(client, server, bytes, move) {
  const count = Math.ceil(bytes / RECORD_BYTES);
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const problems = [];
  const there = listenTo(server, (record) => received.update(record));
  const back = listenTo(client);
  const sending = sendAll(client, {
    count,
    size: RECORD_BYTES,
    fill: (record, i) => {
      new DataView(record.buffer).setUint32(0, i);
      sent.update(record);
    },
  });
  let note = '';
  for (let i = 1; i <= MOVES; i++) {
    await until(
      () => there.records >= (i * count) / (MOVES + 1) || back.ending !== undefined,
      30_000,
    );
    note = await move().catch((error) => problems.push(error.message));
  }
  await sending;
  if (!(await until(() => there.records === count, 30_000))) {
    problems.push(`${there.records} of ${count} records arrived`);
  }
  if (sent.digest('hex') !== received.digest('hex')) problems.push('another thing arrived');
  await client.close();
  return { note, problems };
}
