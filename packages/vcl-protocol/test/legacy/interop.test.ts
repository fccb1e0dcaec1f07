import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../../src/memory-link.js';
import { dgramNetwork, fastUdpNetwork } from '../../src/node/udp/networks.js';
import { readTexts, useLegacyWorld } from './support.js';

const { bind, withServer, withClient } = useLegacyWorld();
const fast = fastUdpNetwork();
const networks = [
  ['memory', () => new MemoryNetwork()],
  ['node:dgram', () => dgramNetwork],
  ...(fast === undefined ? [] : [['fast UDP', () => fast] as const]),
] as const;

describe.each(networks)('over %s', (_, makeNetwork) => {
  it('a server of the crate gives back what our client sends', async () => {
    const { ours, crate } = await withServer(makeNetwork());
    for (const text of ['one', '', 'three']) await ours.send(text);
    expect(await readTexts(ours, 3)).toEqual(['one!', '!', 'three!']);
    expect(crate.received).toEqual(['one', '', 'three']);
    expect(crate.error).toBeUndefined();
  });

  it('a client of the crate is heard and answered by our server', async () => {
    const { ours, crate } = await withClient(makeNetwork());
    crate.send('hello');
    expect(await readTexts(ours, 1)).toEqual(['hello']);
    void crate.serve();
    await ours.send('welcome');
    expect(await readTexts(ours, 1)).toEqual(['welcome!']);
    expect(crate.received).toEqual(['welcome']);
  });

  it('long messages are cut and put together on both sides', async () => {
    const { ours, crate } = await withServer(makeNetwork());
    const long = 'abcdefghij'.repeat(2_000);
    await ours.send(long);
    expect(await readTexts(ours, 1)).toEqual([`${long}!`]);
    expect(crate.received).toEqual([long]);
  });

  it('pings are answered both ways', async () => {
    const { ours, crate } = await withServer(makeNetwork());
    expect(await ours.ping()).toBeGreaterThanOrEqual(0);
    crate.ping();
    await crate.until(() => crate.pongs === 1);
    expect(crate.error).toBeUndefined();
  });

  it('keys are rotated by either side, and messages follow', async () => {
    const { ours, crate } = await withServer(makeNetwork());
    await ours.rotateKeys();
    await ours.send('after ours');
    expect(await readTexts(ours, 1)).toEqual(['after ours!']);
    expect([crate.rotations, crate.error]).toEqual([1, undefined]);

    const other = await withClient(makeNetwork());
    await other.crate.rotateKeys();
    void other.crate.serve();
    await other.ours.send('after theirs');
    expect(await readTexts(other.ours, 1)).toEqual(['after theirs!']);
    expect(other.ours.metrics().keyRotations).toBe(1);
  });

  it('two of ours talk as well', async () => {
    const network = makeNetwork();
    const [client, server] = [await bind(network), await bind(network)];
    const accepting = server.acceptHandshake();
    const { port } = server.localAddress();
    await client.connect(`127.0.0.1:${port}`);
    await accepting;
    const all = Array.from({ length: 100 }, (_, n) => `message ${n}`);
    await Promise.all(all.map((text) => client.send(text)));
    expect(await readTexts(server, 100)).toEqual(all);
    await Promise.all([client.rotateKeys(), server.rotateKeys()]);
    await server.send('still here');
    expect(await readTexts(client, 1)).toEqual(['still here']);
  });
});
