import type { RemoteAddress } from '@vcl-protocol/core';

/** What a link tells its driver. */
export interface LinkHandler {
  /** A datagram came. It belongs to the handler, which may overwrite it. */
  onDatagram(data: Uint8Array, from: RemoteAddress): void;
  /** There is room to send again after {@link DatagramLink.reserve} had given none. */
  onDrain(): void;
  /** The system refused a datagram, or reports one that did not arrive: a hint, never the end. */
  onTrouble(error: Error): void;
}

/** A local address that sends and receives datagrams. */
export interface DatagramLink {
  /** Where it is bound. */
  readonly local: RemoteAddress;
  /** Versions of IP it can send to. */
  readonly families: readonly (4 | 6)[];
  /** Datagrams go to `handler` from here on; what came before is lost. */
  start(handler: LinkHandler): void;
  /**
   * A buffer for the next datagram, the same one until {@link send}; undefined while too many
   * datagrams wait for the system.
   */
  reserve(): Uint8Array | undefined;
  /** Sends the first `bytes` bytes of the reserved buffer, at the latest with {@link flush}. */
  send(bytes: number, to: RemoteAddress): void;
  /** Nothing follows for now: what was held back to leave together leaves. */
  flush(): void;
  /** Resolves when the address is free again. Nothing is sent or received meanwhile. */
  close(): Promise<void>;
}

/** Where to open a {@link DatagramLink}. */
export interface LinkOptions {
  /** A numeric address. */
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The longest datagram that will be sent, in bytes. */
  readonly maxDatagramBytes: number;
}

/** What links are opened on: UDP, or memory. */
export interface DatagramNetwork {
  /** @throws VCLError `IoError` when the address cannot be bound */
  open(options: LinkOptions): Promise<DatagramLink>;
  /**
   * The numeric addresses of a host, best first.
   *
   * @throws VCLError `IoError` when it has none
   */
  lookup(host: string): Promise<readonly string[]>;
}
