import type { CarrierRemote } from '@vcl-protocol/core';

/** What a {@link CarrierLink} tells whoever drives it. */
export interface CarrierHandler {
  /** A record came, whole. It belongs to the handler, which may overwrite it, until this returns. */
  onRecord(record: Uint8Array): void;
  /** There is room to send again; {@link CarrierRemote.onDrain} was called before. */
  onDrain(): void;
  /**
   * Nothing comes or leaves any more; {@link CarrierRemote.onLost} was called before. Called once,
   * and not after {@link CarrierLink.close} or {@link CarrierLink.destroy}.
   *
   * @param error why, when it was not the peer's wish
   */
  onClosed(error: Error | undefined): void;
}

/** A carrier that is connected: it takes records and gives records, whole (SPEC 13). */
export interface CarrierLink {
  /** The other end, as the core knows it. The link says there when it is full, drained, or lost. */
  readonly remote: CarrierRemote;
  /** This end. */
  readonly local: { readonly address: string; readonly port: number };
  /** Of a carrier that also carries records that may be lost, on their own: QUIC's datagrams. */
  readonly lossySide?: CarrierLink;
  /**
   * The VCL identity that has claimed this carrier, as soon as it has (QUIC, SPEC 13.5): another one in
   * the handshake on it means that somebody stands in between.
   */
  readonly claimedIdentity?: Uint8Array | undefined;
  /** Records go to `handler` from here on. What came before is kept and handed over in a later turn. */
  start(handler: CarrierHandler): void;
  /**
   * Sends a record, at the latest with {@link flush}. It is taken even when {@link CarrierRemote.isFull},
   * but whoever sends should wait for room; after the loss it is dropped.
   *
   * @param record at most {@link CarrierRemote.maxRecordBytes} long; copied, or used up before this returns
   */
  send(record: Uint8Array): void;
  /** Nothing follows for now: what was held back to leave together leaves. */
  flush(): void;
  /**
   * Ends it: what was sent leaves first. Resolves when it is closed, after {@link CLOSE_TIMEOUT_MS}
   * at the latest, and never rejects.
   */
  close(): Promise<void>;
  /** Ends it at once. */
  destroy(): void;
}

/** How long an orderly end of a carrier may take, ms. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** What accepts carriers at one address. */
export interface CarrierServer {
  /** Where it is bound. */
  readonly local: { readonly address: string; readonly port: number };
  /** Carriers that connect go to `onLink` from here on, each once. */
  start(onLink: (link: CarrierLink) => void): void;
  /** Accepts no more. Links that were handed over live on; resolves when the address is free. */
  close(): Promise<void>;
}
