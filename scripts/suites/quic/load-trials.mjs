import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { atPlace, childId, listenTo, pause, residentBytes, sendAll, until } from './place.mjs';

const MIB = 1 << 20;
const AT_A_TIME = 10;

/** Junk of all lengths, part of it with the look of QUIC, beside a link that goes on working. */
export function garbage(count) {
  return atPlace({}, async (place) => {
    const [client, server] = await place.pair();
    const heard = listenTo(server);
    const pid = childId();
    const socket = createSocket('udp4');
    for (let i = 0; i < count; i++) {
      const packet = randomBytes(1 + ((i * 7) % 1_450));
      if (i % 3 === 0) {
        packet[0] = 0xc0 | (packet[0] & 0x3f);
        packet.set([0, 0, 0, i % 2, 8].slice(0, packet.length - 1), 1);
      }
      await new Promise((resolve) => socket.send(packet, place.port, '127.0.0.1', resolve));
    }
    socket.close();
    client.send(Buffer.from('still here'));
    client.flush();
    const works = await until(() => heard.records === 1, 5_000);
    const [late] = await place.pair();
    await client.close();
    late.destroy();
    const problems = works ? [] : ['the link has suffered'];
    if (childId() !== pid) problems.push('the process was lost');
    return { note: `${count} packets`, problems };
  });
}

/** Connects and closes, again and again: the process ends up with no more memory than before. */
export function manyConnections(count) {
  return atPlace({}, async (place) => {
    await connect(place, 1_000);
    await pause(500);
    const before = residentBytes(childId());
    const startedAt = performance.now();
    const failures = await connect(place, count);
    const perSecond = (1000 * count) / (performance.now() - startedAt);
    await pause(500);
    const after = residentBytes(childId());
    const problems = failures.slice(0, 3);
    const growth = before === undefined ? 0 : (after - before) / MIB;
    const limit = 16 + count / 500;
    if (growth > limit) problems.push(`it grew by ${growth.toFixed(1)} MiB`);
    const note = `${count} connections, ${perSecond.toFixed(0)} a second, ${growth.toFixed(1)} MiB more`;
    return { note, problems };
  });
}

async function connect(place, count) {
  const failures = [];
  for (let done = 0; done < count; done += AT_A_TIME) {
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        const [client, server] = await place.pair().catch((error) => [error]);
        if (client instanceof Error) {
          failures.push(client.message);
          return;
        }
        if (server !== undefined) listenTo(server);
        await client.close();
      }),
    );
  }
  return failures;
}

/** Whoever sends to a peer that does not read is full soon, and nobody's memory grows. */
export function slowReader(bytes) {
  return atPlace({}, async (place) => {
    const [client, server] = await place.pair();
    const here = residentBytes(process.pid);
    const there = residentBytes(childId());
    const size = 16_384;
    let sent = 0;
    const fill = () => {
      sent += size;
    };
    let isDone = false;
    const sending = sendAll(client, { count: bytes / size, size, fill, isDone: () => isDone });
    await pause(2_000);
    const stuckAt = sent;
    const grown = [residentBytes(process.pid) - here, residentBytes(childId()) - there];
    const problems = [];
    if (stuckAt > 8 * MIB) problems.push(`${stuckAt} bytes were taken`);
    for (const growth of grown) {
      if (growth > 32 * MIB) problems.push(`a process grew by ${(growth / MIB).toFixed(1)} MiB`);
    }
    const heard = listenTo(server);
    await until(() => heard.records > 2 * (stuckAt / size));
    isDone = true;
    await sending;
    if (heard.bytes <= stuckAt) problems.push('it did not go on');
    const whole = await until(() => heard.records === sent / size);
    if (!whole) problems.push(`${heard.records} of ${sent / size} records arrived`);
    client.destroy();
    const more = grown.map((growth) => (growth / MIB).toFixed(1)).join(' and ');
    return {
      note: `stood still after ${(stuckAt / MIB).toFixed(1)} MiB; ${more} MiB more`,
      problems,
    };
  });
}
