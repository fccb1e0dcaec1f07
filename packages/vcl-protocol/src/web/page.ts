/** A message channel of a browser, as far as it is used. */
export interface PageChannel {
  readonly port1: { onmessage: ((event: unknown) => void) | null };
  readonly port2: { postMessage(message: unknown): void };
}

/** What a WebSocket of a browser tells. */
export interface PageSocketEvents {
  open: unknown;
  message: { readonly data: unknown };
  close: { readonly code: number };
  error: unknown;
}

/** A WebSocket of a browser, as far as it is used. The class of `ws` is one too. */
export interface PageSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  addEventListener<Type extends keyof PageSocketEvents>(
    type: Type,
    listener: (event: PageSocketEvents[Type]) => void,
  ): void;
  removeEventListener<Type extends keyof PageSocketEvents>(
    type: Type,
    listener: (event: PageSocketEvents[Type]) => void,
  ): void;
  send(data: Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/**
 * What of the page is used, declared here, so that this package needs no declarations of browsers
 * and does not clash with those of whoever uses it.
 */
export interface Page {
  readonly WebSocket: new (url: string, protocols: string) => PageSocket;
  readonly MessageChannel: new () => PageChannel;
  readonly crypto: { getRandomValues(out: Uint8Array): unknown };
  /** Absent outside of browsers. */
  addEventListener?(type: 'pagehide' | 'pageshow', listener: () => void): void;
}

/** The page, or the worker, that this runs in. */
export const page: Page = globalThis as unknown as Page;
