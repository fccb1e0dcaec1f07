import type { NativeQuic } from '../native.js';
import { type Command, parseControl, type Report } from '../pipe/control.js';
import { MessageKind } from '../pipe/message.js';
import { readUint32 } from '../pipe/message-reader.js';
import type { MessageWriter } from '../pipe/message-writer.js';
import type { AcceptedCarrier } from './accepted-carrier.js';
import type { ChildParts } from './carrier.js';
import { Collector } from './collector.js';
import { DialedCarrier } from './dialed-carrier.js';
import { Server } from './server.js';
import { Turns } from './turns.js';

/** What a {@link Child} is made of. */
export interface ChildOptions {
  readonly native: NativeQuic;
  readonly writer: MessageWriter;
}

type AnyCarrier = DialedCarrier | AcceptedCarrier;

/** The parent's ids are odd, those of carriers that were accepted are even. */
const FIRST_OWN_ID = 2;
const EMPTY = new Uint8Array(0);

/** Does what the parent says: its side of the pipe with all carriers and servers. */
export class Child {
  readonly #native: NativeQuic;
  readonly #parts: ChildParts;
  readonly #collector = new Collector();
  readonly #carriers = new Map<number, AnyCarrier>();
  readonly #servers = new Map<number, Server>();
  /** What came for carriers whose sockets are being opened. */
  readonly #opening = new Map<number, (() => void)[]>();
  #nextId = FIRST_OWN_ID;

  constructor({ native, writer }: ChildOptions) {
    this.#native = native;
    this.#parts = { writer, turns: new Turns() };
  }

  /** A message came. `payload` is its own again when this returns. */
  onMessage(kind: number, id: number, payload: Uint8Array): void {
    const waiting = this.#opening.get(id);
    if (waiting !== undefined) {
      const kept = payload.slice();
      waiting.push(() => this.#handle(kind, id, kept));
      return;
    }
    this.#handle(kind, id, payload);
  }

  /** Ends all, and tells the peers. */
  end(): void {
    for (const carrier of this.#carriers.values()) carrier.destroy();
    for (const server of this.#servers.values()) server.close();
  }

  #handle(kind: number, id: number, payload: Uint8Array): void {
    switch (kind) {
      case MessageKind.Heartbeat:
        this.#parts.writer.add(MessageKind.Heartbeat, id, EMPTY);
        this.#parts.writer.flush();
        return;
      case MessageKind.Control:
        this.#obey(id, parseControl<Command>(payload));
        return;
    }
    const one = this.#carriers.get(id);
    if (one === undefined) return;
    const { connection, clock } = one.carrier;
    if (kind === MessageKind.Stream) connection.write(payload);
    else if (kind === MessageKind.Datagram) connection.sendDatagram(payload);
    else if (kind === MessageKind.Credit) connection.grant(readUint32(payload, 0));
    clock.touch();
  }

  #obey(id: number, command: Command | undefined): void {
    const one = this.#carriers.get(id);
    switch (command?.op) {
      case 'dial':
        this.#open(id, () =>
          DialedCarrier.open({
            id,
            native: this.#native,
            parts: this.#parts,
            command,
            onGone: () => this.#forget(id),
          }).then((carrier) => this.#carriers.set(id, carrier)),
        );
        return;
      case 'listen':
        this.#open(id, async () => {
          const server = await this.#listen(id, command);
          this.#servers.set(id, server);
          this.#report(id, { event: 'bound', local: server.local });
        });
        return;
      case 'close':
        this.#servers.get(id)?.close();
        this.#servers.delete(id);
        one?.carrier.connection.finish();
        one?.carrier.clock.touch();
        return;
      case 'destroy':
        one?.destroy();
        return;
      case 'rebind':
        if (one instanceof DialedCarrier) one.rebind();
    }
  }

  #listen(id: number, command: Command & { readonly op: 'listen' }): Promise<Server> {
    return Server.open({
      id,
      native: this.#native,
      parts: this.#parts,
      command,
      newCarrierId: () => {
        const carrierId = this.#nextId;
        this.#nextId += 2;
        return carrierId;
      },
      onAccepted: (one) => this.#carriers.set(one.carrier.id, one),
      onGone: (one) => this.#forget(one.carrier.id),
    });
  }

  #forget(id: number): void {
    if (this.#carriers.delete(id)) this.#collector.onEnded();
  }

  /** What comes for `id` meanwhile waits until `open` is over. */
  #open(id: number, open: () => Promise<unknown>): void {
    const waiting: (() => void)[] = [];
    this.#opening.set(id, waiting);
    open()
      .catch((error: NodeJS.ErrnoException) => this.#refuse(id, error))
      .finally(() => {
        this.#opening.delete(id);
        for (const handle of waiting) handle();
      });
  }

  #refuse(id: number, { message, code }: NodeJS.ErrnoException): void {
    this.#report(id, {
      event: 'closed',
      reason: message,
      ...(code === undefined ? {} : { code }),
    });
  }

  #report(id: number, report: Report): void {
    this.#parts.writer.addControl(id, report);
  }
}
