import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';

/** The two logs of a demo: in a directory of the user's, or in one that goes away with them. */
export class DemoFiles {
  /** The receiver's log. */
  readonly log: string;
  /** The copy that is changed. */
  readonly altered: string;
  /** Whether they stay. */
  readonly kept: boolean;
  readonly #directory: string;

  private constructor(directory: string, kept: boolean) {
    this.#directory = directory;
    this.kept = kept;
    this.log = join(directory, LOG_NAME);
    this.altered = join(directory, ALTERED_NAME);
  }

  /**
   * @param keepDirectory made when it is not there; undefined for a temporary one
   * @throws VCLError `InvalidConfig` when it has logs of a demo already, `IoError` when it cannot be
   * made
   */
  static async create(keepDirectory: string | undefined): Promise<DemoFiles> {
    if (keepDirectory === undefined) {
      return new DemoFiles(await mkdtemp(join(tmpdir(), 'vcl-demo-')), false);
    }
    await mkdir(keepDirectory, { recursive: true }).catch((cause: unknown) => {
      const message = `cannot make the directory of --keep, ${keepDirectory}: ${cause}`;
      throw new VCLError('IoError', message, { cause });
    });
    const files = new DemoFiles(keepDirectory, true);
    for (const file of [files.log, files.altered]) await requireAbsent(file);
    return files;
  }

  /** Removes what is not to stay. */
  async cleanUp(): Promise<void> {
    if (!this.kept) await rm(this.#directory, { recursive: true, force: true });
  }
}

const LOG_NAME = 'demo.vcllog';
const ALTERED_NAME = 'demo-altered.vcllog';

async function requireAbsent(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new VCLError('InvalidConfig', `--keep: ${file} exists; remove it or name another DIR`);
}
