import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SqlitePeerStore } from '../../src/store/sqlite-peer-store.js';
import { programOf, run, startAndWait } from './support/other-process.js';
import { invitation, lease, peer } from './support/samples.js';
import { temporaryFolder } from './support/temporary-folder.js';

async function scene(script: string) {
  const folder = temporaryFolder();
  const path = join(folder, 'store.db');
  return { path, program: await programOf(folder, script) };
}

async function open(path: string): Promise<SqlitePeerStore> {
  const store = await SqlitePeerStore.open(path, { pollMs: 20 });
  onTestFinished(() => store.close());
  return store;
}

const PEER = `(publicKey: string) => ({ publicKey, name: '', addresses: [], allowedIps: [], addedAt: 0,
  expiresAt: undefined, enabled: true })`;

describe('two processes with one store', () => {
  it('lose nothing when both write, from its first moment on', async () => {
    const { path, program } = await scene(`
      const store = await SqlitePeerStore.open(path);
      const peer = ${PEER};
      for (let i = 0; i < 200; i++) await store.putPeer(peer(name + i));
      await store.close();`);
    await Promise.all([run(program, path, 'a'), run(program, path, 'b'), run(program, path, 'c')]);
    expect((await (await open(path)).read()).peers).toHaveLength(600);
  });

  it('use an invitation as often as it allows, and not once more', async () => {
    const { path, program } = await scene(`
      const store = await SqlitePeerStore.open(path);
      const peer = ${PEER};
      let count = 0;
      for (let i = 0; i < 100; i++) {
        if ((await store.redeem('i', peer(name + i), 0)) === 'redeemed') count++;
      }
      console.log(count);
      await store.close();`);
    const store = await open(path);
    await store.putInvitation(invitation('i', { usesLeft: 111 }));
    const counts = await Promise.all(['a', 'b'].map((name) => run(program, path, name)));
    expect(Number(counts[0]) + Number(counts[1])).toBe(111);
    expect((await store.read()).peers).toHaveLength(111);
  });

  it('hear of the peers that the other adds and removes', async () => {
    const { path, program } = await scene(`
      const store = await SqlitePeerStore.open(path);
      const peer = ${PEER};
      if (name === 'lease') await store.putLeases([{ identity: 'x', v4: '10.8.0.9', v6: undefined, lastSeenAt: 0 }]);
      else if (!(await store.removePeer(name))) await store.putPeer(peer(name));
      await store.close();`);
    const store = await open(path);
    await store.putLeases([lease('a')]);
    const heard: number[] = [];
    let wake = () => {};
    await store.watch(async () => {
      heard.push((await store.read()).peers.length);
      wake();
    });
    const next = () => new Promise<void>((resolve) => (wake = resolve));
    // A lease is no news; were it told, it would stand before the peers.
    await run(program, path, 'lease');
    for (const name of ['new', 'newer', 'new']) {
      const news = next();
      await run(program, path, name);
      await news;
    }
    expect(heard).toEqual([1, 2, 1]);
  });

  it('go on when the other was killed in the middle of a change', async () => {
    const { path, program } = await scene(`
      const store = await SqlitePeerStore.open(path);
      const peer = ${PEER};
      await store.putPeer(peer('whole'));
      console.log('begun');
      for (let i = 0; ; i++) await store.putPeer(peer('more' + (i % 50)));`);
    const kill = await startAndWait(program, path);
    await kill();
    const store = await open(path);
    await store.putPeer(peer('after'));
    const keys = (await store.read()).peers.map(({ publicKey }) => publicKey);
    expect(keys).toContain('whole');
    expect(keys).toContain('after');
  });
});
