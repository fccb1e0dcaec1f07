import { rm } from 'node:fs/promises';
import { VCLError } from '@vcl-protocol/core';
import { type Runner, runCommand } from './command.js';
import { isAlive, neighboursStep, readJournal, writeJournal } from './journal-file.js';
import {
  type FileStep,
  performStep,
  type SystemChange,
  type SystemStep,
  settingChange,
} from './system-change.js';

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
  /** What a killed process has left for the first changes of this one to replace. */
  #inherited: readonly SystemStep[];
  #last: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /**
   * Begins a journal. One that a process has left is undone first, but for what waits for the changes
   * of this one.
   *
   * @throws VCLError `IoError` when a living process has one there, or the file cannot be written
   */
  static async open({ path, run = runCommand }: JournalOptions): Promise<SystemJournal> {
    const left = await readJournal(path);
    if (left === undefined) return new SystemJournal(path, run, []);
    if (await isAlive(left)) {
      throw new VCLError('IoError', `the tunnel is up already, by process ${left.pid}: stop it`);
    }
    const inherited = left.undo.filter(waits);
    await undoSteps(
      left.undo.filter((step) => !waits(step)),
      path,
      run,
    );
    if (inherited.length === 0) await rm(path, { force: true });
    else await writeJournal(path, inherited);
    return new SystemJournal(path, run, inherited);
  }

  private constructor(path: string, run: Runner, inherited: readonly SystemStep[]) {
    this.#path = path;
    this.#run = run;
    this.#inherited = inherited;
    this.#undo = [...inherited];
  }

  /**
   * Makes changes in order, and gives settings their values. Once it is closed, nothing is changed.
   *
   * @throws VCLError `IoError`; those made before stay, to be undone
   */
  apply(...changes: readonly (SystemChange | FileStep)[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const change of changes) {
        if (this.#closing !== undefined) return;
        await this.#applyOne(change);
      }
      await this.#disinherit();
    });
  }

  /** Takes some changes back now, and forgets them. */
  revert(...changes: readonly SystemChange[]): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closing !== undefined) return;
      for (const { undo } of changes) {
        await undoStep(undo, this.#path, this.#run);
        this.#forget(undo);
      }
      await writeJournal(this.#path, this.#undo);
    });
  }

  /** Takes everything back. @throws VCLError `IoError` that names what is left */
  close(): Promise<void> {
    this.#closing ??= this.#inTurn(async () => {
      await undoSteps(this.#undo, this.#path, this.#run);
      await rm(this.#path, { force: true });
    });
    return this.#closing;
  }

  /** A change that is under way when it is closed would otherwise be made after it was undone. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #applyOne(wanted: SystemChange | FileStep): Promise<void> {
    const change = 'undo' in wanted ? wanted : await this.#settingChange(wanted);
    if (change === undefined) return;
    this.#forget(change.undo);
    this.#undo.unshift(change.undo);
    await writeJournal(this.#path, this.#undo);
    await performStep(change.apply, this.#run);
  }

  async #settingChange(step: FileStep): Promise<SystemChange | undefined> {
    const others = await neighboursStep(this.#path, step.path);
    return await settingChange(step, others?.content);
  }

  /** What the first changes have not replaced is not wanted any more. */
  async #disinherit(): Promise<void> {
    const left = this.#inherited.filter((step) => this.#undo.includes(step));
    this.#inherited = [];
    if (left.length === 0) return;
    await undoSteps(left, this.#path, this.#run);
    for (const step of left) this.#forget(step);
    await writeJournal(this.#path, this.#undo);
  }

  #forget(step: SystemStep): void {
    this.#undo = this.#undo.filter((other) => !isSame(other, step));
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
  await undoSteps(journal.undo, path, run);
  await rm(path, { force: true });
  return true;
}

async function undoSteps(steps: readonly SystemStep[], path: string, run: Runner): Promise<void> {
  const failures: string[] = [];
  for (const step of steps) {
    await undoStep(step, path, run).catch((error: unknown) => {
      failures.push(error instanceof Error ? error.message : String(error));
    });
  }
  if (failures.length === 0) return;
  throw new VCLError('IoError', `could not be undone: ${failures.join('; ')}`);
}

/** What is gone already needs no undoing. */
const GONE = /no such|not found|cannot find|does not exist|no process|not exist/i;

async function undoStep(step: SystemStep, path: string, run: Runner): Promise<void> {
  if (step.kind === 'file' && (await neighboursStep(path, step.path)) !== undefined) return;
  try {
    await performStep(step, run);
  } catch (error) {
    const isGone = error instanceof Error && GONE.test(error.message);
    if (!isGone && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function waits(step: SystemStep): boolean {
  return step.kind === 'command' && step.waitsForNext === true;
}

function isSame(a: SystemStep, b: SystemStep): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
