import { createHash } from 'node:crypto';
import { makeCertificate } from '../../../packages/vcl-protocol/dist/quic/tls/self-signed.js';
import { atPlace, listenTo, pause, sendAll, signerOf, until } from './place.mjs';

const RECORD_BYTES = 16_384;

/** Sends `bytes` to the server, which sends all back. */
export function echo(bytes) {
  return atPlace({}, async (place) => {
    const [client, server] = await place.pair();
    const count = Math.ceil(bytes / RECORD_BYTES);
    const waiting = [];
    const [sent, returned] = [createHash('sha256'), createHash('sha256')];
    const back = listenTo(client, (record) => returned.update(record));
    const onto = listenTo(server, (record) => waiting.push(record.slice()));
    const startedAt = performance.now();
    const echoing = sendBack(server, waiting, count);
    await sendAll(client, {
      count,
      size: RECORD_BYTES,
      fill: (record, i) => {
        new DataView(record.buffer).setUint32(0, i);
        sent.update(record);
      },
    });
    await echoing;
    const isThere = await until(() => back.records === count, 30_000);
    const seconds = (performance.now() - startedAt) / 1000;
    await client.close();
    return {
      note: `${((16 * bytes) / 1e6 / seconds).toFixed(0)} Mbit/s in both directions together`,
      problems: [
        ...(isThere ? [] : [`${onto.records} of ${count} went, ${back.records} came back`]),
        ...(sent.digest('hex') === returned.digest('hex') ? [] : ['what came back is another']),
      ],
    };
  });
}

async function sendBack(link, waiting, count) {
  for (let done = 0; done < count && !link.remote.isLost; ) {
    const record = waiting.shift();
    if (record === undefined) {
      await until(() => waiting.length > 0 || link.remote.isLost, 30_000);
      continue;
    }
    link.send(record);
    done++;
    if (link.remote.isFull) await new Promise((resolve) => link.remote.whenChanged(resolve));
  }
  link.flush();
}

/** Sends `count` datagrams, a few at a time. */
export function datagrams(count) {
  return atPlace({}, async (place) => {
    const [client, server] = await place.pair();
    const size = client.lossySide.remote.maxRecordBytes;
    const there = listenTo(server.lossySide, (record) => {
      server.lossySide.send(record);
      server.lossySide.flush();
    });
    const back = listenTo(client.lossySide);
    for (let i = 0; i < count; i++) {
      client.lossySide.send(new Uint8Array(size).fill(i));
      if (i % 20 === 19) {
        client.lossySide.flush();
        await pause(2);
      }
    }
    await until(() => back.records === count, 2_000);
    client.destroy();
    const enough = 0.5 * count;
    return {
      note: `${count} of ${size} bytes: ${there.records} arrived, ${back.records} came back`,
      problems: back.records >= enough ? [] : [`fewer than ${enough} came back`],
    };
  });
}

/** Whoever is not believed is refused, and told why. */
export async function wrongServers() {
  const { cert, key } = makeCertificate('vcl.example');
  const other = makeCertificate('vcl.example');
  const problems = [];
  await atPlace({ cert, key }, async (place) => {
    const believed = [
      ['the pinned identity', {}],
      ['the authority and the name', { serverKey: undefined, ca: cert, servername: 'vcl.example' }],
      [
        'an identity that is compared later',
        { serverKey: undefined, isIdentityCheckedLater: true },
      ],
    ];
    for (const [what, options] of believed) {
      const link = await place.dial(options).catch((error) => error);
      if (link instanceof Error) problems.push(`${what} is refused: ${link.message}`);
      else link.destroy();
    }
    const refused = [
      ['another identity', { serverKey: signerOf(2).publicKey }],
      ['another authority', { serverKey: undefined, ca: other.cert, servername: 'vcl.example' }],
      ['another name', { serverKey: undefined, ca: cert, servername: 'other.example' }],
      ['a certificate for no address', { serverKey: undefined, ca: cert }],
      ['nobody named', { serverKey: undefined }],
    ];
    for (const [what, options] of refused) {
      const link = await place.dial(options).catch((error) => error);
      if (link instanceof Error) continue;
      problems.push(`${what} is believed`);
      link.destroy();
    }
  });
  return { note: '3 believed, 5 refused', problems };
}
