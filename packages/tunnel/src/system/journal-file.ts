import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import type { FileStep, SystemStep } from './system-change.js';

/** What a journal file holds. */
export interface JournalFile {
  readonly version: 1;
  readonly pid: number;
  /** When that process was started, in the kernel's count: another one may have its number by now. */
  readonly started: string;
  /** What to do, in this order, to take everything back. */
  readonly undo: readonly SystemStep[];
}

const SUFFIX = '.journal';

/** Where a tunnel's journal is kept, by the name of its interface. */
export function journalPath(device: string, directory: string = journalDirectory()): string {
  return `${directory}/${device}${SUFFIX}`;
}

/** `/run/vcl` for root, else below the directory that the session of the user has for such. */
export function journalDirectory(): string {
  if (process.getuid?.() === 0) return '/run/vcl';
  const { XDG_RUNTIME_DIR } = process.env;
  return XDG_RUNTIME_DIR ? `${XDG_RUNTIME_DIR}/vcl` : `${homedir()}/.vcl/run`;
}

/** The process that has a journal there and lives, if any. */
export async function journalOwner(path: string): Promise<number | undefined> {
  const journal = await readJournal(path);
  return journal !== undefined && (await isAlive(journal)) ? journal.pid : undefined;
}

/** @throws VCLError `IoError` when it cannot be written; then what was there stays */
export async function writeJournal(path: string, undo: readonly SystemStep[]): Promise<void> {
  const started = (await startOf(process.pid)) ?? '';
  const journal: JournalFile = { version: 1, pid: process.pid, started, undo };
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const fresh = `${path}.new`;
    const file = await open(fresh, 'w', 0o600);
    await file.writeFile(`${JSON.stringify(journal)}\n`);
    await file.sync();
    await file.close();
    await rename(fresh, path);
  } catch (cause) {
    throw new VCLError('IoError', `the journal ${path} cannot be written`, { cause });
  }
}

/** @returns undefined when there is none. @throws VCLError `IoError` when it is spoilt */
export async function readJournal(path: string): Promise<JournalFile | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const journal = JSON.parse(text) as JournalFile;
    if (journal.version === 1 && Array.isArray(journal.undo)) return journal;
  } catch {
    // Told below.
  }
  throw new VCLError('IoError', `the journal ${path} cannot be read: look at it, and remove it`);
}

/** Whether the process that wrote it lives. */
export async function isAlive({ pid, started }: JournalFile): Promise<boolean> {
  const start = await startOf(pid);
  return start !== undefined && start === started;
}

/**
 * What another living process would give a setting back, if it has changed it too: two tunnels need
 * it, and the one that ends last takes it back.
 *
 * @param path the journal whose neighbours are asked
 */
export async function neighboursStep(path: string, file: string): Promise<FileStep | undefined> {
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    if (!name.endsWith(SUFFIX) || name === basename(path)) continue;
    const journal = await readJournal(join(dirname(path), name)).catch(() => undefined);
    const step = journal?.undo.find((one) => one.kind === 'file' && one.path === file);
    if (step?.kind === 'file' && (await isAlive(journal!))) return step;
  }
  return undefined;
}

/**
 * Field 22 of /proc/PID/stat; undefined when there is no such process, or no such file here. One that
 * has ended, and whose parent has not asked for it yet, does nothing any more.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program, in brackets, may hold anything.
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === 'Z' || state === 'X' ? undefined : fields[18];
}
