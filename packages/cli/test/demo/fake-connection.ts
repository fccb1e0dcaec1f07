import type { VCLConnection } from 'vcl-protocol';

type Metrics = ReturnType<VCLConnection['metrics']>;

interface Message {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** A connection without a network: what one side sends is at once with the other. */
export class FakeConnection {
  /** By port. */
  static readonly #bound = new Map<number, FakeConnection>();
  /** All there were, with the options they were bound with. */
  static readonly all: FakeConnection[] = [];
  readonly options: Parameters<typeof VCLConnection.bind>[1];
  closed = 0;
  server: string | undefined;
  readonly #port: number;
  #peer: FakeConnection | undefined;
  readonly #inbox: Message[] = [];
  readonly #waiting: (() => void)[] = [];

  private constructor(port: number, options: FakeConnection['options']) {
    this.#port = port;
    this.options = options;
  }

  static async bind(_: string, options: FakeConnection['options']): Promise<FakeConnection> {
    const connection = new FakeConnection(FakeConnection.all.length + 1, options);
    FakeConnection.all.push(connection);
    FakeConnection.#bound.set(connection.#port, connection);
    return connection;
  }

  async connect(address: string, options: { server: string }): Promise<void> {
    const peer = FakeConnection.#bound.get(Number(address.split(':')[1]))!;
    this.server = options.server;
    this.#peer = peer;
    peer.#peer = this;
    peer.wake();
  }

  async acceptHandshake(): Promise<void> {
    while (this.#peer === undefined) {
      if (this.closed > 0) throw new Error('closed');
      await this.#news();
    }
  }

  async send(data: Uint8Array, options: { kind: number; reliability: string }): Promise<void> {
    if (this.closed > 0) throw new Error('closed');
    // Senders may use their buffer again.
    this.#peer?.receive({ type: options.kind, payload: data.slice() });
  }

  async recv(): Promise<Message> {
    const message = await this.#next();
    if (message === undefined) throw new Error('closed');
    return message;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    for (let message = await this.#next(); message !== undefined; message = await this.#next()) {
      yield message;
    }
  }

  async close(): Promise<void> {
    this.closed++;
    this.wake();
    this.#peer?.wake();
  }

  abort(): void {
    void this.close();
  }

  metrics(): Pick<Metrics, 'packetsSent' | 'packetsRetransmitted' | 'avgRtt'> {
    return { packetsSent: 10, packetsRetransmitted: 1, avgRtt: () => undefined };
  }

  localAddress(): { address: string; port: number } {
    return { address: '127.0.0.1', port: this.#port };
  }

  receive(message: Message): void {
    this.#inbox.push(message);
    this.wake();
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The next message; undefined once either side has closed. */
  async #next(): Promise<Message | undefined> {
    for (;;) {
      const message = this.#inbox.shift();
      if (message !== undefined) return message;
      if (this.closed > 0 || (this.#peer?.closed ?? 0) > 0) return undefined;
      await this.#news();
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
