import { readFile, writeFile } from 'node:fs/promises';
import type { Command, Runner } from './command.js';

/** Something done to the system: a command, or a file of /proc/sys that gets a value. */
export type SystemStep =
  | ({ readonly kind: 'command' } & Command)
  | { readonly kind: 'file'; readonly path: string; readonly content: string };

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

/** A change of a setting below /proc/sys; undefined when it has that value, or does not exist here. */
export async function settingChange(
  path: string,
  content: string,
): Promise<SystemChange | undefined> {
  const previous = await readFile(path, 'utf8').catch(() => undefined);
  if (previous === undefined || previous.trim() === content) return undefined;
  return {
    apply: { kind: 'file', path, content },
    undo: { kind: 'file', path, content: previous.trim() },
  };
}
