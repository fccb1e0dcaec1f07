import { randomBytes } from 'node:crypto';
import type { NativeConnection, NativeHost, NativePathEvent } from '../native.js';
import type { Report } from '../pipe/control.js';
import { MessageKind } from '../pipe/message.js';
import type { MessageWriter } from '../pipe/message-writer.js';
import { ConnectionClock } from './connection-clock.js';
import { type ConnectionHooks, QuicConnection } from './quic-connection.js';
import type { Turns } from './turns.js';

/** What all carriers of a child share. */
export interface ChildParts {
  readonly writer: MessageWriter;
  readonly turns: Turns;
}

/** What a {@link Carrier} leaves to who made it: where packets go, and what becomes of it. */
export interface CarrierOwner {
  transmit(packet: Uint8Array, from: NativeHost, to: NativeHost): void;
  onEarly(): void;
  onEstablished(): void;
  /** The first bytes of the stream came; they are handed over when this returns. */
  onFirstBytes(): void;
  onPathEvent(event: NativePathEvent): void;
  onIdIssued(id: Uint8Array): void;
  onIdRetired(id: Uint8Array): void;
  /** It is over. */
  onGone(reason: string | undefined): void;
}

/** What a {@link Carrier} is made of. */
export interface CarrierOptions {
  readonly id: number;
  readonly native: NativeConnection;
  readonly parts: ChildParts;
  readonly owner: CarrierOwner;
  /** Whether bytes of the stream may leave before the handshake has ended. */
  readonly writesEarly: boolean;
}

/** While so much waits for the parent, datagrams are dropped: it does not keep up. */
const MAX_BACKLOG_BYTES = 1 << 20;

/** A connection whose stream and datagrams go to and come from the parent. */
export class Carrier implements ConnectionHooks {
  readonly id: number;
  readonly connection: QuicConnection;
  readonly clock: ConnectionClock;
  readonly #parts: ChildParts;
  readonly #owner: CarrierOwner;
  #hasBytes = false;

  constructor({ id, native, parts, owner, writesEarly }: CarrierOptions) {
    this.id = id;
    this.#parts = parts;
    this.#owner = owner;
    this.connection = new QuicConnection(native, this, writesEarly);
    this.clock = new ConnectionClock(this.connection, parts.turns);
  }

  /** Whether anything came on its stream. */
  get hasBytes(): boolean {
    return this.#hasBytes;
  }

  report(report: Report): void {
    this.#parts.writer.addControl(this.id, report);
  }

  transmit(packet: Uint8Array, from: NativeHost, to: NativeHost): void {
    this.#owner.transmit(packet, from, to);
  }

  onStream(bytes: Uint8Array): void {
    if (!this.#hasBytes) {
      this.#hasBytes = true;
      this.#owner.onFirstBytes();
    }
    this.#parts.writer.add(MessageKind.Stream, this.id, bytes);
  }

  onDatagram(bytes: Uint8Array): void {
    const { writer } = this.#parts;
    if (!this.#hasBytes || writer.backlogBytes > MAX_BACKLOG_BYTES) return;
    writer.add(MessageKind.Datagram, this.id, bytes);
  }

  onTaken(bytes: number): void {
    this.#parts.writer.addCredit(this.id, bytes);
  }

  onEarly(): void {
    this.#owner.onEarly();
  }

  onEstablished(): void {
    this.#owner.onEstablished();
  }

  onSession(session: Uint8Array): void {
    this.report({ event: 'session', session: Buffer.from(session).toString('base64') });
  }

  onFinished(): void {
    this.report({ event: 'finished' });
  }

  onPathEvent(event: NativePathEvent): void {
    this.#owner.onPathEvent(event);
  }

  onIdIssued(id: Uint8Array): void {
    this.#owner.onIdIssued(id);
  }

  onIdRetired(id: Uint8Array): void {
    this.#owner.onIdRetired(id);
  }

  onClosed(reason: string | undefined): void {
    this.clock.stop();
    this.#owner.onGone(reason);
  }

  randomBytes(count: number): Uint8Array {
    return randomBytes(count);
  }
}
