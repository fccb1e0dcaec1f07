import type { PageSocket, PageSocketEvents } from '../../src/web/page.js';

type Listener = (event: never) => void;

/** A WebSocket of a browser whose network is the test. */
export class FakeSocket implements PageSocket {
  static readonly opened: FakeSocket[] = [];
  readonly url: string;
  readonly protocol: string;
  binaryType = 'blob';
  bufferedAmount = 0;
  readyState = 0;
  readonly sent: Uint8Array[] = [];
  readonly closes: (number | undefined)[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
    FakeSocket.opened.push(this);
  }

  addEventListener<Type extends keyof PageSocketEvents>(
    type: Type,
    listener: (event: PageSocketEvents[Type]) => void,
  ): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  removeEventListener<Type extends keyof PageSocketEvents>(
    type: Type,
    listener: (event: PageSocketEvents[Type]) => void,
  ): void {
    this.#listeners.get(type)?.delete(listener);
  }

  send(data: Uint8Array): void {
    this.sent.push(data.slice());
    this.bufferedAmount += data.length;
  }

  close(code?: number): void {
    this.closes.push(code);
    this.readyState = 2;
  }

  /** Something happens, as the browser would tell it. */
  emit<Type extends keyof PageSocketEvents>(type: Type, event: PageSocketEvents[Type]): void {
    if (type === 'open') this.readyState = 1;
    if (type === 'close') this.readyState = 3;
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event as never);
  }

  /** How many listeners are left. */
  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

/** `bytes` as a browser hands a binary message over. */
export function messageOf(bytes: Uint8Array): { readonly data: ArrayBuffer } {
  return { data: bytes.slice().buffer };
}
