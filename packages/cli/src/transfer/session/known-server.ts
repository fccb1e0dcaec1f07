import { VCLError } from '@vcl-protocol/core';
import { decodePublicKey, encodePublicKey, fingerprint, KnownHosts } from 'vcl-protocol';

/** What is known of the server before anybody connects to it. */
export interface KnownServerOptions {
  /** The file of known hosts. */
  readonly knownHostsPath: string;
  /** The only key that is good, in text form. Known hosts are then not looked at. */
  readonly serverKey: string | undefined;
  /** Whether the key of a host that is new is remembered without a question. */
  readonly acceptNew: boolean;
  /** Asks the user; undefined where there is nobody to ask. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<boolean>) | undefined;
}

/** Decides which server is the right one, and asks the user about one that is new. */
export class KnownServer {
  readonly #options: KnownServerOptions;
  readonly #hosts: KnownHosts;
  readonly #pinned: Uint8Array | undefined;
  #unknown: { readonly host: string; readonly key: Uint8Array } | undefined;

  /** @throws VCLError `InvalidKey` for a server key that is none */
  constructor(options: KnownServerOptions) {
    this.#options = options;
    this.#hosts = new KnownHosts(options.knownHostsPath);
    const { serverKey } = options;
    this.#pinned = serverKey === undefined ? undefined : decodePublicKey(serverKey);
  }

  /** What `connect` takes as `server`. */
  get trust(): Uint8Array | ((key: Uint8Array, host: string) => Promise<boolean>) {
    return this.#pinned ?? ((key, host) => this.#decide(key, host));
  }

  /**
   * To be called when a connection was refused: settles a host that is new with the user. A question
   * takes longer than a handshake lasts, hence not meanwhile.
   *
   * @returns whether to connect again
   * @throws VCLError `AuthRefused` that says how to go on, when the user says no or there is none
   */
  async settle(signal: AbortSignal): Promise<boolean> {
    const unknown = this.#unknown;
    this.#unknown = undefined;
    if (unknown === undefined) return false;
    const { host, key } = unknown;
    const print = fingerprint(key);
    const question = `${host} is new: its key is\n  ${encodePublicKey(key)}\n  ${print}\nIs this the server you mean? `;
    if ((await this.#options.ask?.(question, signal)) === true) {
      await this.#hosts.add(host, key);
      return true;
    }
    throw new VCLError(
      'AuthRefused',
      `${host} is new and its key was not accepted: compare ${print} with its owner, then repeat ` +
        `with --server-key ${encodePublicKey(key)}, or with --accept-new to remember it`,
    );
  }

  async #decide(key: Uint8Array, host: string): Promise<boolean> {
    const found = await this.#hosts.lookup(host, key);
    if (found === 'match') return true;
    if (found !== 'unknown' || this.#options.acceptNew) {
      // For a key that has changed this throws, and says which line of the file is in the way.
      await this.#hosts.add(host, key);
      return true;
    }
    this.#unknown = { host, key };
    return false;
  }
}
