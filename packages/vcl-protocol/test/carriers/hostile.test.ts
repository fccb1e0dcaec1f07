import { once } from 'node:events';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { makeCertificate } from './support/certificate.js';
import { recorded } from './support/recorded-link.js';
import { pairOver, type TestPort, useSharedPorts } from './support/shared-ports.js';

const ports = useSharedPorts();
let tls = { cert: '', key: '' };
beforeAll(async () => {
  tls = await makeCertificate();
});

const UPGRADE =
  'GET /vcl HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Protocol: vcl1\r\n\r\n';
/** What a good client would begin with: a record, HTTP with a masked frame behind it, TLS. */
const BEGINNINGS = [
  [0, 3, 1, 2, 3, 0, 2, 9, 9],
  [...Buffer.from(UPGRADE), 0x82, 0x83, 1, 2, 3, 4, 5, 6, 7],
  [0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, ...Array.from({ length: 60 }, (_, i) => i)],
].map((bytes) => Uint8Array.from(bytes));

const changed = fc
  .tuple(
    fc.constantFrom(...BEGINNINGS),
    fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }),
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(400),
  )
  .map(([beginning, changes, more, length]) => {
    const bytes = Uint8Array.from([...beginning, ...more]);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes.subarray(0, Math.max(1, length));
  });

/** Sends `bytes` in two pieces and goes, as soon as the first of them has been read. */
async function attack(port: TestPort, bytes: Uint8Array): Promise<void> {
  const socket = port.connectRaw();
  socket.resume();
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  socket.write(bytes.subarray(0, bytes.length >> 1));
  await new Promise((resolve) => setImmediate(resolve));
  socket.end(bytes.subarray(bytes.length >> 1));
  await closed;
}

it('serves others whatever strangers send', async () => {
  const port = await ports.listen({
    accepts: ['tcp', 'ws', 'wss'],
    tls,
    firstRecordTimeoutMs: 300,
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, fc.uint8Array({ minLength: 1 })), async (bytes) => {
      await attack(port, bytes);
      // Whatever made it through as a carrier has to cope with a handler.
      for (let link = port.links.shift(); link !== undefined; link = port.links.shift()) {
        await recorded(link).closings.next();
      }
    }),
    { numRuns: 200 },
  );
  for (const scheme of ['tcp', 'ws', 'wss'] as const) {
    const { client, server } = await pairOver(port, scheme, { tls: { ca: tls.cert } });
    await client.link.close();
    expect((await server.closings.next()).value).toBeUndefined();
  }
});
