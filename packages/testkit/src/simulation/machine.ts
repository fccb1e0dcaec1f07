import type { NetworkAddress } from '../network/address.js';

/**
 * A protocol endpoint without input and output of its own: time and datagrams go in, datagrams and
 * the next deadline come out. `Endpoint` of @vcl-protocol/core is one. All times are milliseconds of
 * the same clock.
 */
export interface DatagramMachine {
  /**
   * @param data lent: it may be changed in place, but is overwritten once the host has drained what
   *   the machine wants to send
   * @param from where the datagram came from
   */
  handleDatagram(data: Uint8Array, from: NetworkAddress, now: number): void;
  /** Called once `now` has reached {@link pollTimeout}. */
  handleTimeout(now: number): void;
  /** @returns the absolute time of the next deadline, or Infinity when there is none */
  pollTimeout(): number;
  /**
   * Writes the next datagram to the beginning of `out`; called until nothing is left.
   *
   * @returns its length in bytes; 0 when there is nothing to send
   */
  pollTransmit(now: number, out: Uint8Array): number;
  /** Where the datagram of the last {@link pollTransmit} goes. */
  readonly transmitTo: NetworkAddress | undefined;
  /** Runs what an input made necessary (signatures, events), before the transmits are drained. */
  afterInput?(now: number): void;
}
