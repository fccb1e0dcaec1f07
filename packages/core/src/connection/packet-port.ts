/**
 * Where a session takes lossy messages from that their owner writes straight into datagrams, and
 * hands those of the peer over where they lie: the data path of a tunnel (rules A2, D3). What waits
 * to be sent is the owner's, who may drop it up to the moment it is written; only then it gets a
 * number. Each call is within a verb of the connection and must not call another one.
 */
export interface PacketPort {
  /**
   * How long the next message is at least, in bytes; 0 when nothing waits. It is asked before every
   * datagram, so it is also where an owner drops what has waited for too long.
   */
  peek(now: number): number;
  /**
   * Writes the next message to `out[start, limit)`: whole, or not at all. There is room for as much as
   * {@link peek} said just before, unless no datagram of the path can hold so much.
   *
   * @returns its length, 0 when what waits does not fit or was dropped
   */
  write(out: Uint8Array, start: number, limit: number, now: number): number;
  /** A message of the peer: authentic, and each once. The bytes may be overwritten; they are gone afterwards. */
  read(message: Uint8Array, now: number): void;
  /** Nothing that was sent has arrived for 3 probe timeouts (RFC 9002 7.6): time to slow down. */
  onPersistentCongestion(now: number): void;
}
