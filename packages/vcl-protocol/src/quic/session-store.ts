/** What a client keeps of a connection to begin the next one with. */
export interface QuicSession {
  /** As quiche wrote it; holds secrets. */
  readonly ticket: Uint8Array;
  /** Whose connection it was, as the server has proved. */
  readonly identity: Uint8Array;
  /** SHA-256 of the server's certificate. */
  readonly certificateHash: Uint8Array;
}

/** Where sessions are kept. */
export interface QuicSessionStore {
  /** Gives the session for a server out, once: two connections by one ticket can be linked. */
  take(server: string): QuicSession | undefined;
  /** Keeps a session, in the place of an older one. */
  put(server: string, session: QuicSession): void;
}

const MAX_SERVERS = 256;

/** Sessions in memory, for the 256 servers that were connected to last. */
export class MemoryQuicSessionStore implements QuicSessionStore {
  readonly #sessions = new Map<string, QuicSession>();

  take(server: string): QuicSession | undefined {
    const session = this.#sessions.get(server);
    this.#sessions.delete(server);
    return session;
  }

  put(server: string, session: QuicSession): void {
    this.#sessions.delete(server);
    this.#sessions.set(server, session);
    if (this.#sessions.size <= MAX_SERVERS) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }
}
