import { VCLError } from '@vcl-protocol/core';
import type { Invitation, Lease, Peer } from '../core/lease/peer.js';
import type { PeerStore, Redemption, StoreContents } from './peer-store.js';
import { requirePrivateFile } from './private-file.js';
import { invitedPeer, judgeInvitation } from './redeem.js';
import {
  loadSqlite,
  type SqlDatabase,
  type SqliteEngineName,
  type SqlStatement,
  type SqlValue,
} from './sqlite-engine.js';
import {
  invitationOf,
  invitationValues,
  leaseOf,
  leaseValues,
  peerOf,
  peerValues,
} from './sqlite-rows.js';
import { prepareSchema, rollBack } from './sqlite-schema.js';

/** Options of {@link SqlitePeerStore.open}. */
export interface SqlitePeerStoreOptions {
  /** Which SQLite is used, the first that loads. Default: node:sqlite, then libsql. */
  readonly engines?: readonly SqliteEngineName[];
  /** How often changes of other processes are looked for while somebody watches. Default 500. */
  readonly pollMs?: number;
}

/** A {@link PeerStore} in a file of SQLite, for any number of processes on one machine. */
export class SqlitePeerStore implements PeerStore {
  readonly #path: string;
  readonly #pollMs: number;
  readonly #database: SqlDatabase;
  readonly #statements = new Map<string, SqlStatement>();
  readonly #watchers = new Set<() => void>();
  /** Changes when another connection has written. */
  #dataVersion = 0;
  /** Of peers and invitations, as it was when the watchers heard of them last. */
  #revision = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;

  /**
   * Opens a store, and makes it when there is none: a file of mode 0600, beside which SQLite keeps two
   * more.
   *
   * @throws VCLError `IoError` when there is no SQLite, when the file cannot be read or is damaged,
   * when others may read it, and when a later release has written it
   */
  static async open(path: string, options: SqlitePeerStoreOptions = {}): Promise<SqlitePeerStore> {
    const openDatabase = loadSqlite(options.engines);
    await requirePrivateFile(path);
    let database: SqlDatabase | undefined;
    try {
      database = openDatabase(path);
      prepareSchema(database, path);
      return new SqlitePeerStore(database, path, options.pollMs ?? POLL_MS);
    } catch (error) {
      database?.close();
      throw readable(error, path);
    }
  }

  private constructor(database: SqlDatabase, path: string, pollMs: number) {
    this.#database = database;
    this.#path = path;
    this.#pollMs = pollMs;
    this.#dataVersion = this.#number('PRAGMA data_version');
    this.#revision = this.#number(READ_REVISION);
  }

  async read(): Promise<StoreContents> {
    // One transaction, so that what belongs together was written together.
    return this.#transact('BEGIN', () => ({
      peers: this.#all('SELECT * FROM peers ORDER BY public_key').map(peerOf),
      leases: this.#all('SELECT * FROM leases ORDER BY identity').map(leaseOf),
      invitations: this.#all('SELECT * FROM invitations ORDER BY id').map(invitationOf),
    }));
  }

  async putPeer(peer: Peer): Promise<void> {
    this.#write(() => {
      this.#run(PUT_PEER, peerValues(peer));
      this.#run(NEXT_REVISION);
    });
  }

  async removePeer(publicKey: string): Promise<boolean> {
    return this.#write(() => {
      this.#run('DELETE FROM leases WHERE public_key = ?', [publicKey]);
      const wasThere = this.#run('DELETE FROM peers WHERE public_key = ?', [publicKey]) > 0;
      if (wasThere) this.#run(NEXT_REVISION);
      return wasThere;
    });
  }

  async putLeases(leases: readonly Lease[], evicted: readonly string[] = []): Promise<void> {
    this.#write(() => {
      for (const identity of evicted)
        this.#run('DELETE FROM leases WHERE identity = ?', [identity]);
      for (const lease of leases) this.#run(PUT_LEASE, leaseValues(lease));
    });
  }

  async putInvitation(invitation: Invitation): Promise<void> {
    this.#write(() => {
      this.#run(PUT_INVITATION, invitationValues(invitation));
      this.#run('DELETE FROM invitations WHERE uses_left <= 0');
      this.#run(NEXT_REVISION);
    });
  }

  async redeem(id: string, peer: Peer, now: number): Promise<Redemption> {
    return this.#write(() => {
      const row = this.#statement('SELECT * FROM invitations WHERE id = ?').get(id);
      const invitation = row === undefined ? undefined : invitationOf(row);
      const flaw = judgeInvitation(invitation, now);
      if (flaw !== undefined) return flaw;
      const known = this.#statement('SELECT 1 FROM peers WHERE public_key = ?').get(peer.publicKey);
      if (known !== undefined) return 'redeemed';
      this.#run('UPDATE invitations SET uses_left = uses_left - 1 WHERE id = ?', [id]);
      this.#run(PUT_PEER, peerValues(invitedPeer(peer, invitation!)));
      this.#run(NEXT_REVISION);
      return 'redeemed';
    });
  }

  async watch(onChange: () => void): Promise<() => void> {
    this.#requireOpen();
    // Of its own, because one function may watch twice.
    const watcher = () => onChange();
    if (this.#watchers.size === 0)
      this.#revision = this.#attempt(() => this.#number(READ_REVISION));
    this.#watchers.add(watcher);
    this.#timer ??= setInterval(() => this.#poll(), this.#pollMs).unref();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#stopPolling();
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watchers.clear();
    this.#stopPolling();
    this.#attempt(() => {
      // The file alone then holds everything, even where the engine closes later than it says.
      this.#statement('PRAGMA wal_checkpoint(PASSIVE)').get();
      this.#statements.clear();
      this.#database.close();
    });
  }

  #poll(): void {
    try {
      const version = this.#number('PRAGMA data_version');
      if (version === this.#dataVersion) return;
      this.#dataVersion = version;
      this.#notice();
    } catch {
      // The next reading of the store says what is wrong with it; a timer has nobody to tell.
    }
  }

  /** Files are not watched: what a writer touches, and when, is SQLite's own affair. */
  #notice(): void {
    const revision = this.#number(READ_REVISION);
    if (revision === this.#revision) return;
    this.#revision = revision;
    // Not here and now: whoever writes must not get the errors of those who watch.
    for (const watcher of this.#watchers) {
      queueMicrotask(() => {
        if (this.#watchers.has(watcher)) watcher();
      });
    }
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #write<T>(work: () => T): T {
    const result = this.#transact('BEGIN IMMEDIATE', work);
    if (this.#watchers.size > 0) this.#attempt(() => this.#notice());
    return result;
  }

  #transact<T>(begin: string, work: () => T): T {
    this.#requireOpen();
    return this.#attempt(() => {
      this.#database.exec(begin);
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack(this.#database);
        throw error;
      }
    });
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw readable(error, this.#path);
    }
  }

  /** @returns how many rows it changed */
  #run(sql: string, values: readonly SqlValue[] = []): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #all(sql: string): unknown[] {
    return this.#statement(sql).all();
  }

  /** The first column of the first row. */
  #number(sql: string): number {
    const row = this.#statement(sql).get() as Record<string, number>;
    return Object.values(row)[0]!;
  }

  #statement(sql: string): SqlStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #requireOpen(): void {
    if (!this.#isClosed) return;
    throw new VCLError('IoError', `the peer store ${this.#path} was closed: open it again`);
  }
}

const POLL_MS = 500;
const PUT_PEER = 'INSERT OR REPLACE INTO peers VALUES (?, ?, ?, ?, ?, ?, ?)';
const PUT_LEASE = 'INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)';
const PUT_INVITATION = 'INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?)';
const NEXT_REVISION = 'UPDATE vcl_store SET revision = revision + 1';
const READ_REVISION = 'SELECT revision FROM vcl_store';

/** What engines throw, as an error that says what to do. */
function readable(error: unknown, path: string): VCLError {
  if (VCLError.is(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  const advice = DAMAGE.test(text)
    ? 'it is no database or is damaged: put a copy of it back, or move it away to begin with none'
    : BUSY.test(text)
      ? 'another process has locked it for long: end that one, then try again'
      : 'see that the file and its folder can be written and that the disk is not full';
  return new VCLError('IoError', `the peer store ${path} cannot be used (${text}): ${advice}`, {
    cause: error,
  });
}

const DAMAGE = /not a database|malformed|corrupt/i;
const BUSY = /locked|busy/i;
