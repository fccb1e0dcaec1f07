import { VCLError } from '@vcl-protocol/core';
import { normalizeHost } from '../identity/host-name.js';
import { hostChangedError, type KnownHostStore } from '../identity/known-host-store.js';
import { encodePublicKey, readPublicKey } from '../identity/public-key.js';

/** Where a page keeps texts by name: `localStorage` is one. */
export interface TextStore {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
}

const PREFIX = 'vcl-known-host:';

/**
 * The servers that a page has seen, one entry each: trust on first use. With `localStorage` they are
 * remembered by the browser for the origin of the page; whoever can run code there can change them.
 */
export class StoredKnownHosts implements KnownHostStore {
  readonly #store: TextStore;

  /** @param store of this page alone, such as `localStorage` */
  constructor(store: TextStore) {
    this.#store = store;
  }

  /**
   * Remembers a server's key, unless it is known already.
   *
   * @param host `host:port` or `[ipv6]:port`
   * @returns whether it was added
   * @throws VCLError `IdentityChanged` when another key is known for the host, `InvalidKey` when what
   * is stored is none, `IoError` when the store takes no more
   */
  add(host: string, key: Uint8Array): boolean {
    const name = PREFIX + normalizeHost(host);
    const stored = this.#store.getItem(name);
    const shown = encodePublicKey(key);
    if (stored === shown) return false;
    if (stored !== null) {
      throw hostChangedError({
        host,
        known: readPublicKey(stored),
        shown: key,
        where: 'in the storage of the page',
        remedy: `remove the entry ${name}`,
      });
    }
    try {
      this.#store.setItem(name, shown);
    } catch (cause) {
      throw new VCLError('IoError', `the key of ${host} cannot be stored`, { cause });
    }
    return true;
  }
}
