const FACTOR = 3;

/**
 * The bytes a server may send to an address that has not proved it listens there: three times what
 * came from it (SPEC 4.4). One account for each half-open attempt.
 */
export class AmplificationAccount {
  #received = 0;
  #sent = 0;

  /** A datagram of that many bytes came from the address. */
  received(bytes: number): void {
    this.#received += bytes;
  }

  /** Bytes that may still be sent. */
  get available(): number {
    return Math.max(0, FACTOR * this.#received - this.#sent);
  }

  /** Books a datagram of that many bytes if it fits; otherwise it must not be sent. */
  trySend(bytes: number): boolean {
    if (bytes > this.available) return false;
    this.#sent += bytes;
    return true;
  }
}
