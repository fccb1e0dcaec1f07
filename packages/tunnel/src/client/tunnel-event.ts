/** What a tunnel tells about itself (guide: TunnelEvent). */
export type TunnelEvent =
  /** The server has answered, and packets flow. */
  | {
      readonly type: 'connected';
      /** In the tunnel, with their networks. */
      readonly addresses: readonly string[];
      /** The server's address, and what carries the session. */
      readonly server: string;
      readonly carrier: string;
    }
  /** The session is over; unless the tunnel was stopped, another attempt follows. */
  | { readonly type: 'disconnected'; readonly reason: string }
  /** An attempt to connect failed. */
  | { readonly type: 'attemptFailed'; readonly reason: string; readonly nextInMs: number }
  /** It was given up. */
  | { readonly type: 'failed'; readonly reason: string };
