import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSqlite } from '../../src/store/sqlite-engine.js';
import { SqlitePeerStore, type SqlitePeerStoreOptions } from '../../src/store/sqlite-peer-store.js';
import { SCHEMA_VERSION } from '../../src/store/sqlite-schema.js';
import { invitation, lease, peer } from './support/samples.js';
import { temporaryFolder } from './support/temporary-folder.js';

async function open(path: string, options?: SqlitePeerStoreOptions): Promise<SqlitePeerStore> {
  const store = await SqlitePeerStore.open(path, options);
  onTestFinished(() => store.close());
  return store;
}

/** As SQLite makes them. */
const PAGE_BYTES = 4_096;

function sql(path: string, statements: string): void {
  const database = loadSqlite()(path);
  database.exec(statements);
  database.close();
}

describe('a store in a file', () => {
  it('is there again after it was closed', async () => {
    const path = join(temporaryFolder(), 'new folder', 'store.db');
    const first = await open(path);
    await first.putPeer(peer('a'));
    await first.putLeases([lease('a')]);
    await first.putInvitation(invitation('i'));
    const before = await first.read();
    await first.close();
    const second = await open(path);
    expect(await second.read()).toEqual(before);
    expect(before.peers).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')('can be read by its owner only', async () => {
    const path = join(temporaryFolder(), 'folder', 'store.db');
    const store = await open(path);
    await store.putPeer(peer('a'));
    for (const name of [path, `${path}-wal`, `${path}-shm`]) {
      expect(statSync(name).mode & 0o777, name).toBe(0o600);
    }
    expect(statSync(join(path, '..')).mode & 0o077).toBe(0);
    await store.close();
    chmodSync(path, 0o640);
    await expect(open(path)).rejects.toThrow(/mode 0640\): chmod 600/);
  });

  it('forgets fractions of a millisecond, as a database of whole numbers does', async () => {
    const store = await open(join(temporaryFolder(), 'store.db'));
    await store.putPeer(peer('a', { addedAt: 12.75, expiresAt: 99.5 }));
    await store.putLeases([lease('a', { lastSeenAt: 7.25 })]);
    const { peers, leases } = await store.read();
    expect([peers[0]?.addedAt, peers[0]?.expiresAt, leases[0]?.lastSeenAt]).toEqual([12, 99, 7]);
  });

  it('leaves nothing behind of what failed half way', async () => {
    const store = await open(join(temporaryFolder(), 'store.db'));
    await store.putLeases([lease('a')]);
    const broken = lease('b', { lastSeenAt: 'never' as unknown as number });
    await expect(store.putLeases([lease('c'), broken], ['a'])).rejects.toMatchObject({
      code: 'IoError',
    });
    expect((await store.read()).leases).toEqual([lease('a')]);
  });

  it('is seen as it is by two who have it open', async () => {
    const path = join(temporaryFolder(), 'store.db');
    const [one, other] = [await open(path), await open(path)];
    await one.putPeer(peer('a'));
    await other.putPeer(peer('b'));
    expect(await one.read()).toEqual(await other.read());
    expect((await one.read()).peers).toHaveLength(2);
  });

  it('waits for nobody who only reads', async () => {
    const path = join(temporaryFolder(), 'store.db');
    const store = await open(path);
    const reader = loadSqlite()(path);
    onTestFinished(() => void reader.close());
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM peers').all();
    await store.putPeer(peer('a'));
    expect((await store.read()).peers).toHaveLength(1);
  });
});

describe('a file that is no peer store', () => {
  it('is refused when it is no database', async () => {
    const path = join(temporaryFolder(), 'store.db');
    writeFileSync(path, 'these are not the peers you are looking for\n'.repeat(50), {
      mode: 0o600,
    });
    await expect(open(path)).rejects.toThrow(/no database or is damaged/);
  });

  it('is refused when it is damaged, at the latest when it is read', async () => {
    const path = join(temporaryFolder(), 'store.db');
    const store = await open(path);
    for (let i = 0; i < 200; i++) await store.putPeer(peer(`key ${i}`));
    await store.close();
    for (const name of [`${path}-wal`, `${path}-shm`]) rmSync(name, { force: true });
    const rest = statSync(path).size - PAGE_BYTES;
    const file = openSync(path, 'r+');
    writeSync(file, new Uint8Array(rest).fill(0xa5), 0, rest, PAGE_BYTES);
    closeSync(file);
    await expect(open(path).then((damaged) => damaged.read())).rejects.toThrow(
      /no database or is damaged/,
    );
  });

  it('is refused when it belongs to something else', async () => {
    const path = join(temporaryFolder(), 'store.db');
    sql(path, 'CREATE TABLE recipes (name TEXT)');
    chmodSync(path, 0o600);
    await expect(open(path)).rejects.toThrow(/no peer store: name another file/);
  });

  it('is refused when a later release has written it', async () => {
    const path = join(temporaryFolder(), 'store.db');
    await (await open(path)).close();
    sql(path, `UPDATE vcl_store SET schema_version = ${SCHEMA_VERSION + 1}`);
    await expect(open(path)).rejects.toThrow(/version 2, this release reads version 1/);
  });

  it('is refused when it is a folder', async () => {
    const path = join(temporaryFolder(), 'store.db');
    mkdirSync(path);
    await expect(open(path)).rejects.toMatchObject({ code: 'IoError' });
  });
});

describe('the engine', () => {
  it('is the one of the runtime where there is one, else libsql', () => {
    const asked: string[] = [];
    const engine = () => ({}) as ReturnType<ReturnType<typeof loadSqlite>>;
    loadSqlite(undefined, (name) => {
      asked.push(name);
      return name === 'libsql' ? engine : undefined;
    });
    expect(asked).toEqual(['node:sqlite', 'libsql']);
    expect(loadSqlite(undefined, () => engine)).toBe(engine);
  });

  it('is asked for in words where there is none', () => {
    expect(() => loadSqlite(undefined, () => undefined)).toThrow(/install the package libsql/);
  });

  it.each(['node:sqlite', 'libsql'] as const)('%s writes what the other reads', async (name) => {
    const isThere = (() => {
      try {
        createRequire(import.meta.url)(name);
        return true;
      } catch {
        return false;
      }
    })();
    if (!isThere) {
      const path = join(temporaryFolder(), 'store.db');
      await expect(open(path, { engines: [name] })).rejects.toThrow(/there is no SQLite/);
      return;
    }
    const path = join(temporaryFolder(), 'store.db');
    const store = await open(path, { engines: [name] });
    await store.putPeer(peer('a', { expiresAt: 1_800_000_000_123 }));
    await store.putInvitation(invitation('i', { usesLeft: 2 }));
    expect(await store.redeem('i', peer('b'), 0)).toBe('redeemed');
    const other = await open(path);
    expect(await other.read()).toEqual(await store.read());
    expect((await other.read()).peers).toHaveLength(2);
  });
});
