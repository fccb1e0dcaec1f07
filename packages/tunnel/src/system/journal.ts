import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { type Runner, runCommand } from './command.js';
import { performStep, type SystemChange, type SystemStep } from './system-change.js';

/** What a journal file holds. */
interface JournalFile {
  readonly version: 1;
  readonly pid: number;
  /** When that process was started, in the kernel's count: another one may have its number by now. */
  readonly started: string;
  /** What to do, in this order, to take everything back. */
  readonly undo: readonly SystemStep[];
}

/** Where a tunnel's journal is kept, by the name of its interface. */
export function journalPath(device: string, directory: string = journalDirectory()): string {
  return `${directory}/${device}.journal`;
}

/** `/run/vcl` for root, else below the directory that the session of the user has for such. */
export function journalDirectory(): string {
  if (process.getuid?.() === 0) return '/run/vcl';
  const { XDG_RUNTIME_DIR } = process.env;
  return XDG_RUNTIME_DIR ? `${XDG_RUNTIME_DIR}/vcl` : `${homedir()}/.vcl/run`;
}

/** Options of {@link SystemJournal.open}. */
export interface JournalOptions {
  readonly path: string;
  readonly run?: Runner;
}

/**
 * All changes of the system that a tunnel makes, each written down before it is made, together with
 * what takes it back: whatever kills the process, the next one can undo them (rule: no leak, and
 * nobody stranded).
 */
export class SystemJournal {
  readonly #path: string;
  readonly #run: Runner;
  #undo: SystemStep[] = [];
  #isClosed = false;

  /**
   * Begins a journal. One that a process has left is undone first.
   *
   * @throws VCLError `IoError` when a living process has one there, or the file cannot be written
   */
  static async open({ path, run = runCommand }: JournalOptions): Promise<SystemJournal> {
    const left = await readJournal(path);
    if (left !== undefined) {
      if (await isAlive(left)) {
        throw new VCLError('IoError', `the tunnel is up already, by process ${left.pid}: stop it`);
      }
      await undoJournal(path, run);
    }
    return new SystemJournal(path, run);
  }

  private constructor(path: string, run: Runner) {
    this.#path = path;
    this.#run = run;
  }

  /** Makes changes in order. @throws VCLError `IoError`; those made before stay, to be undone */
  async apply(...changes: readonly (SystemChange | undefined)[]): Promise<void> {
    for (const change of changes) {
      if (change === undefined || this.#isClosed) continue;
      this.#undo.unshift(change.undo);
      await writeJournal(this.#path, this.#undo);
      await performStep(change.apply, this.#run);
    }
  }

  /** Takes some changes back now, and forgets them. */
  async revert(...changes: readonly SystemChange[]): Promise<void> {
    for (const { undo } of changes) {
      await undoStep(undo, this.#run);
      this.#undo = this.#undo.filter((step) => !isSame(step, undo));
    }
    await writeJournal(this.#path, this.#undo);
  }

  /** Takes everything back. @throws VCLError `IoError` that names what is left */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await undoSteps(this.#undo, this.#run);
    await rm(this.#path, { force: true });
  }
}

/**
 * Takes back what a process has left.
 *
 * @returns whether there was anything
 * @throws VCLError `IoError` that names what could not be taken back; the journal stays then
 */
export async function undoJournal(path: string, run: Runner = runCommand): Promise<boolean> {
  const journal = await readJournal(path);
  if (journal === undefined) return false;
  await undoSteps(journal.undo, run);
  await rm(path, { force: true });
  return true;
}

/** The process that has a journal there and lives, if any. */
export async function journalOwner(path: string): Promise<number | undefined> {
  const journal = await readJournal(path);
  return journal !== undefined && (await isAlive(journal)) ? journal.pid : undefined;
}

async function undoSteps(steps: readonly SystemStep[], run: Runner): Promise<void> {
  const failures: string[] = [];
  for (const step of steps) {
    await undoStep(step, run).catch((error: unknown) => {
      failures.push(error instanceof Error ? error.message : String(error));
    });
  }
  if (failures.length === 0) return;
  throw new VCLError('IoError', `could not be undone: ${failures.join('; ')}`);
}

/** What is gone already needs no undoing. */
const GONE = /no such|not found|cannot find|does not exist|no process|not exist/i;

async function undoStep(step: SystemStep, run: Runner): Promise<void> {
  try {
    await performStep(step, run);
  } catch (error) {
    const isGone = error instanceof Error && GONE.test(error.message);
    if (!isGone && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function isSame(a: SystemStep, b: SystemStep): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function writeJournal(path: string, undo: readonly SystemStep[]): Promise<void> {
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

async function readJournal(path: string): Promise<JournalFile | undefined> {
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

async function isAlive({ pid, started }: JournalFile): Promise<boolean> {
  const start = await startOf(pid);
  return start !== undefined && start === started;
}

/** Field 22 of /proc/PID/stat; undefined when there is no such process, or no such file here. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program, in brackets, may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
