import type { RemoteAddress } from '@vcl-protocol/core';
import { CrateError, CrateTwin } from '../../../core/test/legacy/crate-twin.js';
import { AsyncQueue } from '../../src/async-queue.js';
import type { DatagramLink, DatagramNetwork } from '../../src/datagram-link.js';

interface Arrived {
  readonly data: Uint8Array;
  readonly from: RemoteAddress;
}

/** A program around the connection of the crate, as its guide writes them: one call after the other. */
export class CratePeer {
  readonly received: string[] = [];
  /** What came, whether it was read or not. */
  readonly arrived: Uint8Array[] = [];
  /** What `recv` has failed with: the guide's programs leave their loop then. */
  error: CrateError | undefined;
  pongs = 0;
  rotations = 0;
  readonly #link: DatagramLink;
  readonly #twin: CrateTwin;
  readonly #socket = new AsyncQueue<Arrived>();
  readonly #told = new AsyncQueue<true>();
  #peer: RemoteAddress | undefined;

  static async open(
    network: DatagramNetwork,
    seed: Uint8Array,
    address = '127.0.0.1',
  ): Promise<CratePeer> {
    const link = await network.open({ address, port: 0, maxDatagramBytes: 2_000 });
    return new CratePeer(link, new CrateTwin(seed));
  }

  private constructor(link: DatagramLink, twin: CrateTwin) {
    this.#link = link;
    this.#twin = twin;
    link.start({
      onDatagram: (data, { address, port }) => {
        const copy = Uint8Array.from(data);
        this.arrived.push(copy);
        this.#socket.push({ data: copy, from: { address, port } });
      },
      onDrain: () => {},
      onTrouble: () => {},
    });
  }

  get address(): string {
    return `${this.#link.local.address}:${this.#link.local.port}`;
  }

  get remote(): RemoteAddress {
    return this.#link.local;
  }

  async accept(): Promise<void> {
    const { data, from } = await this.#next();
    const hello = this.#twin.onClientHello(data);
    this.#peer = from;
    this.#send(hello);
  }

  async connect(to: RemoteAddress): Promise<void> {
    this.#peer = to;
    this.#send(this.#twin.clientHello());
    this.#twin.onServerHello((await this.#next()).data);
  }

  send(text: string): void {
    for (const datagram of this.#twin.send(Buffer.from(text))) this.#send(datagram);
  }

  ping(): void {
    this.#send(this.#twin.ping());
  }

  /** Sends bytes that the connection knows nothing of. */
  sendRaw(data: Uint8Array, to: RemoteAddress): void {
    this.#link.reserve()!.set(data);
    this.#link.send(data.length, to);
    this.#link.flush();
  }

  async rotateKeys(): Promise<void> {
    this.#send(this.#twin.askForRotation());
    this.#twin.finishRotation((await this.#next()).data);
  }

  /** The guide's loop, which gives every message back, until `recv` fails or the peer is closed. */
  async serve(): Promise<void> {
    try {
      for (;;) {
        const { data } = await this.#next();
        const { kind, payload, reply } = this.#twin.recv(data);
        if (reply !== undefined) this.#send(reply);
        if (kind === 'pong') this.pongs++;
        if (kind === 'rotated') this.rotations++;
        if (payload !== undefined) {
          this.received.push(payload.toString());
          this.send(`${payload.toString()}!`);
        }
        this.#told.push(true);
      }
    } catch (error) {
      if (error instanceof CrateError) this.error = error;
      this.#told.end();
    }
  }

  /** Waits until `serve` has done something and `isDone` says so, or until it has failed. */
  async until(isDone: () => boolean): Promise<void> {
    while (!isDone() && (await this.#told.next()).done !== true);
  }

  async close(): Promise<void> {
    this.#socket.fail(new Error('closed'));
    await this.#link.close();
  }

  async #next(): Promise<Arrived> {
    const { value } = await this.#socket.next();
    return value as Arrived;
  }

  #send(datagram: Uint8Array): void {
    this.sendRaw(datagram, this.#peer!);
  }
}
