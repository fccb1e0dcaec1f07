import { readFile, writeFile } from 'node:fs/promises';
import type { Command, Runner } from './command.js';

/** Something done to the system: a command, or a file of /proc/sys that gets a value. */
export type SystemStep =
  | ({
      readonly kind: 'command';
      /**
       * Of a step that takes something back: when the process was killed, this waits for the next
       * one, which replaces what is there without a gap.
       */
      readonly waitsForNext?: true;
    } & Command)
  | FileStep;

/** A file that gets a value. */
export interface FileStep {
  readonly kind: 'file';
  readonly path: string;
  readonly content: string;
}

/** A step with what takes it back. */
export interface SystemChange {
  readonly apply: SystemStep;
  readonly undo: SystemStep;
}

/** Does one step. @throws VCLError `IoError` */
export async function performStep(step: SystemStep, run: Runner): Promise<void> {
  if (step.kind === 'command') await run(step);
  else await writeFile(step.path, step.content);
}

/** A change by commands. */
export function commandChange(apply: Command, undo: Command): SystemChange {
  return { apply: { kind: 'command', ...apply }, undo: { kind: 'command', ...undo } };
}

/** A setting below /proc/sys is to have a value. */
export function setting(path: string, content: string): FileStep {
  return { kind: 'file', path, content };
}

/**
 * A setting with what takes it back; undefined when it has that value, or does not exist here.
 *
 * @param earlier what another process wrote down as its value before it changed it
 */
export async function settingChange(
  apply: FileStep,
  earlier?: string,
): Promise<SystemChange | undefined> {
  const present = await readFile(apply.path, 'utf8').catch(() => undefined);
  if (present === undefined) return undefined;
  const content = earlier ?? present.trim();
  return content === apply.content ? undefined : { apply, undo: { ...apply, content } };
}
