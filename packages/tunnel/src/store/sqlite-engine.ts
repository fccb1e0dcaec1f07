import { createRequire } from 'node:module';
import { VCLError } from '@vcl-protocol/core';

/** What a column may hold here. */
export type SqlValue = string | number | null;

/** A prepared statement, as node:sqlite and libsql have it in common. */
export interface SqlStatement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

/** An open database, as node:sqlite and libsql have it in common. */
export interface SqlDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqlStatement;
  close(): unknown;
}

/** Where SQLite comes from. */
export type SqliteEngineName = 'node:sqlite' | 'libsql';

/** Loads an engine: a function that opens a file, or undefined where it is not installed. */
export type SqliteLoader = (name: SqliteEngineName) => ((path: string) => SqlDatabase) | undefined;

/**
 * The way to open databases: the runtime's own SQLite, else the optional package libsql.
 *
 * @throws VCLError `IoError` where there is neither
 */
export function loadSqlite(
  names: readonly SqliteEngineName[] = ['node:sqlite', 'libsql'],
  load: SqliteLoader = loadEngine,
): (path: string) => SqlDatabase {
  for (const name of names) {
    const open = load(name);
    if (open !== undefined) return open;
  }
  throw new VCLError(
    'IoError',
    'there is no SQLite for the peer store: use Node 22.13 or later, or install the package libsql',
  );
}

function loadEngine(name: SqliteEngineName): ((path: string) => SqlDatabase) | undefined {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)(name);
  } catch {
    return undefined;
  }
  const Database = (
    name === 'libsql' ? loaded : (loaded as { DatabaseSync: unknown }).DatabaseSync
  ) as new (
    path: string,
  ) => SqlDatabase;
  return (path) => new Database(path);
}
