import { homedir } from 'node:os';
import { join } from 'node:path';
import type { VCLError } from '@vcl-protocol/core';
import { normalizeHost } from '../../identity/host-name.js';
import { hostChangedError, type KnownHostStore } from '../../identity/known-host-store.js';
import { encodePublicKey, isSameKey } from '../../identity/public-key.js';
import { appendLine } from './append-line.js';
import { type KeyLine, readKeyLines } from './key-lines.js';
import { Serial } from './serial.js';

/** Another key is known for the host than the one that was shown. */
export interface ChangedHost {
  /** The key that was expected. */
  readonly changed: Uint8Array;
  /** Line of the file it stands in, from 1; entry number of a store in memory. */
  readonly line: number;
}

/** What {@link KnownHosts.lookup} answers. */
export type KnownHostLookup = 'match' | 'unknown' | ChangedHost;

/**
 * The servers this user has seen, one `host:port publickey` a line. Blank lines, comments (`#`),
 * keys of unknown kinds and words after the key are left as they are.
 */
export class KnownHosts implements KnownHostStore {
  /** The file, or undefined when the store is in memory. */
  readonly path: string | undefined;
  readonly #memory: KeyLine[] = [];
  readonly #serial = new Serial();

  /** @param path the file; it need not exist. Without it the store is in memory only */
  constructor(path?: string) {
    this.path = path;
  }

  /** The user's own file: `$VCL_HOME/known_hosts`, where VCL_HOME is `~/.vcl` unless it is set. */
  static default(): KnownHosts {
    return new KnownHosts(defaultKnownHostsPath());
  }

  /**
   * Compares a server's key with what is known.
   *
   * @param host `host:port` or `[ipv6]:port`
   * @throws VCLError `InvalidKey` that names file and line of a malformed one; `IoError`
   */
  async lookup(host: string, key: Uint8Array): Promise<KnownHostLookup> {
    const name = normalizeHost(host);
    const known = (await this.#lines()).filter((line) => isNamed(line, name));
    if (known.some((line) => isSameKey(line.key, key))) return 'match';
    const [first] = known;
    return first === undefined ? 'unknown' : { changed: first.key, line: first.line };
  }

  /**
   * Remembers a server's key, unless it is known already.
   *
   * @param host `host:port` or `[ipv6]:port`
   * @returns whether it was added
   * @throws VCLError `IdentityChanged` when another key is known for the host, and as `lookup` does
   */
  add(host: string, key: Uint8Array): Promise<boolean> {
    return this.#serial.run(async () => {
      const found = await this.lookup(host, key);
      if (found === 'match') return false;
      if (found !== 'unknown') throw changedError(host, key, found, this.path);
      await this.#append(normalizeHost(host), key);
      return true;
    });
  }

  async #lines(): Promise<readonly KeyLine[]> {
    if (this.path === undefined) return this.#memory;
    return (await readKeyLines(this.path, FORMAT)) ?? [];
  }

  async #append(name: string, key: Uint8Array): Promise<void> {
    const words = [name, encodePublicKey(key)];
    if (this.path !== undefined) return appendLine(this.path, words.join(' '));
    this.#memory.push({ line: this.#memory.length + 1, words, key: Uint8Array.from(key) });
  }
}

/** `known_hosts` in the directory that the environment variable VCL_HOME names, else in `~/.vcl`. */
export function defaultKnownHostsPath(): string {
  return join(process.env.VCL_HOME || join(homedir(), '.vcl'), 'known_hosts');
}

const FORMAT = { keyColumn: 1, form: 'host:port vcl-ed25519:...' } as const;

function isNamed(line: KeyLine, name: string): boolean {
  return line.words[0]?.toLowerCase() === name;
}

function changedError(
  host: string,
  shown: Uint8Array,
  found: ChangedHost,
  path: string | undefined,
): VCLError {
  const where = path === undefined ? 'in memory' : `in line ${found.line} of ${path}`;
  const remedy = path === undefined ? 'use a new store' : `remove line ${found.line} of ${path}`;
  return hostChangedError({ host, known: found.changed, shown, where, remedy });
}
