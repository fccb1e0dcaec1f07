import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoProvider, hex, VCLError } from '@vcl-protocol/core';
import type { RecordDirectoryOptions } from '../connection-options.js';
import { SessionLogFile } from './session-log-file.js';

const NAME_BYTES = 8;

/** A directory with a session log for each session. */
export class RecordDirectory {
  readonly #directory: string;
  readonly #crypto: CryptoProvider;

  /** Makes the directory when it is missing. @throws VCLError `IoError` */
  static async open(
    { directory }: RecordDirectoryOptions,
    crypto: CryptoProvider,
  ): Promise<RecordDirectory> {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new VCLError('IoError', `cannot make the directory ${directory} for session logs`, {
        cause,
      });
    }
    return new RecordDirectory(directory, crypto);
  }

  private constructor(directory: string, crypto: CryptoProvider) {
    this.#directory = directory;
    this.#crypto = crypto;
  }

  /**
   * A file for the session with this id; `discard` removes it, for a session that did not come about.
   *
   * @throws VCLError `IoError`
   */
  async openFor(sid: Uint8Array): Promise<{ log: SessionLogFile; discard: () => Promise<void> }> {
    const time = new Date().toISOString().replaceAll(':', '-');
    const file = join(this.#directory, `${time}-${hex(sid.subarray(0, NAME_BYTES))}.vcllog`);
    const log = await SessionLogFile.open({ file, crypto: this.#crypto });
    const discard = async (): Promise<void> => {
      await log.close();
      await rm(file, { force: true });
    };
    return { log, discard };
  }
}
