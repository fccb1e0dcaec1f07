import { Carrier } from '../handshake/params.js';
import type { RemoteAddress } from './remote-address.js';

/** What a {@link CarrierRemote} is made of. */
export interface CarrierRemoteOptions {
  /** The numeric address and the port of the peer, or of what stands before it. */
  readonly address: string;
  readonly port: number;
  /** Its {@link Carrier} number (SPEC 4.2): not UDP. */
  readonly carrier: number;
  /** Whether every record arrives, in order, until the carrier is lost. */
  readonly isOrdered: boolean;
  /** The longest record that it takes, in bytes. */
  readonly maxRecordBytes: number;
  /** Of a carrier that has both: the ordered side, of which this is the one that may lose records. */
  readonly orderedSide?: CarrierRemote;
}

/**
 * The peer at the other end of a carrier that was connected: of TCP, a WebSocket, or a QUIC
 * connection. Unlike an address it is one of a kind, is full at times, and is lost one day (SPEC
 * 6.8). Its driver keeps {@link isFull} and {@link isLost} true.
 */
export class CarrierRemote implements RemoteAddress {
  readonly address: string;
  readonly port: number;
  readonly carrier: number;
  readonly isOrdered: boolean;
  readonly maxRecordBytes: number;
  readonly orderedSide: CarrierRemote | undefined;
  #isFull = false;
  #isLost = false;
  readonly #waiting = new Set<() => void>();

  constructor(options: CarrierRemoteOptions) {
    this.address = options.address;
    this.port = options.port;
    this.carrier = options.carrier;
    this.isOrdered = options.isOrdered;
    this.maxRecordBytes = options.maxRecordBytes;
    this.orderedSide = options.orderedSide;
  }

  /** Whether it takes no more records for the moment. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether nothing arrives or leaves here any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** It takes no more records until {@link onDrain}. */
  onFull(): void {
    this.#isFull = true;
  }

  /** There is room again: whoever waited for that is woken. */
  onDrain(): void {
    this.#isFull = false;
    this.#wakeAll();
  }

  /** The carrier is gone for good. */
  onLost(): void {
    this.#isLost = true;
    this.#wakeAll();
  }

  /** `wake` is called once when there is room again or the carrier is lost. */
  whenChanged(wake: () => void): void {
    this.#waiting.add(wake);
  }

  /** `wake` is not wanted any more: its session has ended, or is elsewhere. */
  forget(wake: () => void): void {
    this.#waiting.delete(wake);
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** Whether a datagram from `a` and one from `b` come from the same place. A carrier is none but itself. */
export function sameAddress(a: RemoteAddress, b: RemoteAddress): boolean {
  if (a instanceof CarrierRemote || b instanceof CarrierRemote) return a === b;
  return a.port === b.port && a.address === b.address;
}

/** `remote` as something to keep: a driver may use its address objects again. */
export function keptRemote(remote: RemoteAddress): RemoteAddress {
  if (remote instanceof CarrierRemote) return remote;
  return { address: remote.address, port: remote.port };
}

/** The {@link Carrier} number of where a datagram came from or goes to. */
export function carrierOf(remote: RemoteAddress): number {
  return remote instanceof CarrierRemote ? remote.carrier : Carrier.Udp;
}
