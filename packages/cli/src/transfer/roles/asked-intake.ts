import { VCLError } from '@vcl-protocol/core';
import type { DataMessage, TransferEntry } from '../wire/messages.js';
import { type Answer, type Intake, type Outcome, refused, settledBy } from './intake.js';

/**
 * The names under which a server sends what it is asked for.
 *
 * @param paths as the user has written them
 * @throws VCLError `InvalidConfig` when two of them would have one name
 */
export function askedNames(paths: readonly string[]): ReadonlySet<string> {
  const names = new Map<string, string>();
  for (const path of paths) {
    const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
    const other = names.get(name);
    if (other !== undefined) {
      const message = `${other} and ${path} have the same name ${name}: fetch them one at a time`;
      throw new VCLError('InvalidConfig', message);
    }
    names.set(name, path);
  }
  return new Set(names.keys());
}

/** Refuses what was not asked for, whatever the server sends: it does not choose what is put where. */
export class AskedIntake implements Intake {
  readonly #intake: Intake;
  readonly #names: ReadonlySet<string>;

  /** @param names that paths may begin with */
  constructor(intake: Intake, names: ReadonlySet<string>) {
    this.#intake = intake;
    this.#names = names;
  }

  async consider(entry: TransferEntry): Promise<Answer> {
    const [name = ''] = entry.path.split('/', 1);
    if (!this.#names.has(name)) return settledBy(refused('it was not asked for'));
    return this.#intake.consider(entry);
  }

  onDifferent(entry: TransferEntry): Promise<Answer> {
    return this.#intake.onDifferent(entry);
  }

  storeWhole(entry: TransferEntry, data: DataMessage): Promise<Outcome> {
    return this.#intake.storeWhole(entry, data);
  }

  write(entry: TransferEntry, data: DataMessage): Promise<void> {
    return this.#intake.write(entry, data);
  }

  complete(entry: TransferEntry, bytes: number, sha256: Uint8Array): Promise<Outcome> {
    return this.#intake.complete(entry, bytes, sha256);
  }

  abandon(entry: TransferEntry): Promise<void> {
    return this.#intake.abandon(entry);
  }

  finish(): Promise<void> {
    return this.#intake.finish();
  }

  release(): Promise<void> {
    return this.#intake.release();
  }
}
