import type { Logger } from '../logger.js';
import type { KeyLog } from '../session-log.js';
import { appendLine } from './identity/append-line.js';
import { Serial } from './identity/serial.js';
import { openPrivateAppend } from './private-file.js';

/** The environment variable that names a key log file when the option does not. */
export const KEY_LOG_VARIABLE = 'VCLKEYLOGFILE';

/** The file that gets the secrets of sessions, for a dissector (SPEC 5.4). */
export class KeyLogFile implements KeyLog {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #serial = new Serial();

  /**
   * Opens the file and warns, once, of what it is.
   *
   * @throws VCLError `IoError` when it cannot be written, or others may read it
   */
  static async open(path: string, logger: Logger): Promise<KeyLogFile> {
    const file = await openPrivateAppend(path, 'the key log');
    await file.close();
    logger.warn(
      { file: path },
      'session keys are written to a file: who reads it can read all traffic',
    );
    return new KeyLogFile(path, logger);
  }

  private constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /** Appends a line, in order, at some time soon. */
  append(line: string): void {
    this.#serial
      .run(() => appendLine(this.#path, line))
      .catch((error: unknown) => {
        this.#logger.error({ error, file: this.#path }, 'the key log cannot be written');
      });
  }
}
