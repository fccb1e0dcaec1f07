import { VCLError } from '@vcl-protocol/core';
import type { SqlDatabase } from './sqlite-engine.js';

/** The version of the tables that this release reads and writes. */
export const SCHEMA_VERSION = 1;

/**
 * Prepares a database that was just opened: makes the tables of an empty one, and refuses those of a
 * later release.
 *
 * @param path for messages
 * @throws VCLError `IoError`; errors of the engine when it is no database
 */
export function prepareSchema(database: SqlDatabase, path: string): void {
  // First, because another process may hold the lock for a moment.
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  database.prepare('PRAGMA journal_mode = WAL').get();
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('BEGIN IMMEDIATE');
  try {
    if (database.prepare('SELECT name FROM sqlite_schema LIMIT 1').get() === undefined) {
      database.exec(TABLES);
    }
    requireVersion(database, path);
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Undoes what was begun, where SQLite has not done so by itself, as it does when a disk is full. */
export function rollBack(database: SqlDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // There was nothing left to undo, and the first error is the one to tell.
  }
}

function requireVersion(database: SqlDatabase, path: string): void {
  const table = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'vcl_store'";
  if (database.prepare(table).get() === undefined) {
    throw new VCLError('IoError', `${path} is a database, but no peer store: name another file`);
  }
  const row = database.prepare('SELECT schema_version FROM vcl_store').get();
  const version = (row as { schema_version: number } | undefined)?.schema_version;
  if (version === SCHEMA_VERSION) return;
  throw new VCLError(
    'IoError',
    `the peer store ${path} has tables of version ${version ?? 'unknown'}, this release reads version ` +
      `${SCHEMA_VERSION}: install the release that wrote it, or name another file`,
  );
}

/** How long a writer waits for another process, which holds the lock for a millisecond or so. */
const BUSY_TIMEOUT_MS = 3_000;

/** `revision` grows with every change of peers and invitations, for those who watch. */
const TABLES = `
  CREATE TABLE vcl_store (schema_version INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
  INSERT INTO vcl_store VALUES (${SCHEMA_VERSION}, 0);
  CREATE TABLE peers (
    public_key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,
    allowed_ips TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    expires_at INTEGER,
    enabled INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE leases (
    identity TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    v4 TEXT,
    v6 TEXT,
    last_seen_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX leases_of_key ON leases (public_key);
  CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    expires_at INTEGER,
    uses_left INTEGER NOT NULL
  ) STRICT;
`;
