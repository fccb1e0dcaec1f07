import { stat } from 'node:fs/promises';
import { VCLError } from '@vcl-protocol/core';
import type { Enrolment } from '../../identity/client-policy.js';
import { encodePublicKey, isSameKey } from '../../identity/public-key.js';
import { appendLine } from './append-line.js';
import { type KeyLine, readKeyLines } from './key-lines.js';
import { Serial } from './serial.js';

/** Options of {@link AuthorizedKeys}. */
export interface AuthorizedKeysOptions {
  /** The file: one public key a line, anything after it is a comment. Read anew each time. */
  readonly path: string;
  /** Whether and how long unknown keys are appended. Default: not. */
  readonly enroll?: Enrolment | undefined;
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** The clients a server accepts, listed in a file that may be edited while it runs. */
export class AuthorizedKeys {
  readonly #path: string;
  readonly #enroll: Enrolment | undefined;
  readonly #now: () => number;
  readonly #serial = new Serial();

  constructor(options: AuthorizedKeysOptions) {
    this.#path = options.path;
    this.#enroll = options.enroll;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Whether the file is of any use as it is now.
   *
   * @throws VCLError `InvalidConfig` when it is missing and nobody can enrol; `InvalidKey` for a
   * malformed line and for a file that others may write; `IoError`
   */
  async check(): Promise<void> {
    const lines = await this.#read();
    if (lines !== undefined || this.#enroll !== undefined) return;
    throw new VCLError(
      'InvalidConfig',
      `clients.file ${this.#path} does not exist, so nobody could connect: write one public key ` +
        '(vcl-ed25519:...) a line into it, or set clients.enroll to { count } or { untilMs }',
    );
  }

  /**
   * Whether a client with this key may connect; enrols it when that is still open.
   *
   * @throws VCLError as {@link check} does
   */
  async accepts(key: Uint8Array): Promise<'listed' | 'enrolled' | 'refused'> {
    if (isListed(await this.#read(), key)) return 'listed';
    if (this.#enroll === undefined) return 'refused';
    return await this.#serial.run(async () => {
      const lines = await this.#read();
      if (isListed(lines, key)) return 'listed';
      if (!this.#isOpen(lines ?? [])) return 'refused';
      const since = new Date(this.#now()).toISOString();
      await appendLine(this.#path, `${encodePublicKey(key)} ${ENROLLED} ${since}`);
      return 'enrolled';
    });
  }

  #isOpen(lines: readonly KeyLine[]): boolean {
    const enroll = this.#enroll;
    if (enroll === undefined) return false;
    if ('untilMs' in enroll) return this.#now() < enroll.untilMs;
    return lines.filter((line) => line.words[1] === ENROLLED).length < enroll.count;
  }

  async #read(): Promise<KeyLine[] | undefined> {
    const lines = await readKeyLines(this.#path, FORMAT);
    if (lines !== undefined) await requireOwnWrites(this.#path);
    return lines;
  }
}

/** First word after a key that was not written by hand. */
const ENROLLED = 'enrolled';

const FORMAT = { keyColumn: 0, form: 'vcl-ed25519:... comment' } as const;

function isListed(lines: readonly KeyLine[] | undefined, key: Uint8Array): boolean {
  return lines?.some((line) => isSameKey(line.key, key)) ?? false;
}

/** Who can write the file can let anybody in. */
async function requireOwnWrites(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const { mode } = await stat(path);
  if ((mode & 0o022) === 0) return;
  throw new VCLError(
    'InvalidKey',
    `${path} decides who may connect and others may write it: chmod 600 ${path}`,
  );
}
