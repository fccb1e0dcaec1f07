import type { NativeConnection, NativeHost, NativePathEvent } from '../native.js';
import { STREAM_WINDOW_BYTES } from '../pipe/message.js';
import { CONNECTION_ID_BYTES, MAX_PACKET_BYTES } from './configuration.js';
import { SendQueue } from './send-queue.js';

/** What a {@link QuicConnection} tells and needs. */
export interface ConnectionHooks {
  /** Sends a packet, which is its own again when this returns. */
  transmit(packet: Uint8Array, from: NativeHost, to: NativeHost): void;
  /** Bytes of the stream; they are its own again when this returns. */
  onStream(bytes: Uint8Array): void;
  onDatagram(bytes: Uint8Array): void;
  /** So many bytes that were written have been taken. */
  onTaken(bytes: number): void;
  /** Bytes of the stream leave from here on, before the handshake has ended. */
  onEarly(): void;
  onEstablished(): void;
  onSession(session: Uint8Array): void;
  /** The peer has ended its stream. */
  onFinished(): void;
  onPathEvent(event: NativePathEvent): void;
  /** An id under which the peer may write to this connection from here on. */
  onIdIssued(id: Uint8Array): void;
  onIdRetired(id: Uint8Array): void;
  /** Nothing follows. @param reason unless this side has wished it */
  onClosed(reason: string | undefined): void;
  randomBytes(count: number): Uint8Array;
}

/** The one stream that is used: the first one that the client opens. */
const STREAM = 0;
const CLOSED = new Uint8Array(0);
/** Error codes from here on are alerts of TLS (RFC 9001, 4.8). */
const CRYPTO_ERROR = 0x100;
const ALERTS: Readonly<Record<number, string>> = {
  42: 'the certificate is bad',
  45: 'the certificate has expired',
  48: 'the certificate is from no authority that is believed: pass it or its authority as ca',
  120: 'no application protocol in common: set the same alpn on both sides',
};
/** Packets of all connections are written and streams are read here, one after the other. */
const PACKET = new Uint8Array(MAX_PACKET_BYTES);
const CHUNK = new Uint8Array(32 * 1024);

/** One QUIC connection, without sockets and clocks: a stream, datagrams, and ids to move with. */
export class QuicConnection {
  readonly native: NativeConnection;
  readonly #hooks: ConnectionHooks;
  readonly #writesEarly: boolean;
  readonly #waiting = new SendQueue();
  /** How many bytes of the stream may still be handed over. */
  #credit = STREAM_WINDOW_BYTES;
  #isEarly = false;
  #isEstablished = false;
  #hasSession = false;
  #hasWritten = false;
  #isPeerFinished = false;
  #finish: 'no' | 'wanted' | 'done' = 'no';
  #isWishedFor = false;
  #isClosed = false;

  /** @param writesEarly whether bytes of the stream may leave before the handshake has ended */
  constructor(native: NativeConnection, hooks: ConnectionHooks, writesEarly = true) {
    this.native = native;
    this.#hooks = hooks;
    this.#writesEarly = writesEarly;
  }

  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How long a record in a datagram may be, in bytes; 0 when the peer takes none or is not known. */
  get maxDatagramBytes(): number {
    return this.native.dgramMaxWritableLen() ?? 0;
  }

  /** A packet came. It is overwritten. What does not belong here is dropped. */
  receive(packet: Uint8Array, from: NativeHost, to: NativeHost): void {
    if (this.#isClosed) return;
    try {
      this.native.recv(packet, { from, to });
    } catch {
      // Either the packet was junk, or the connection is ended by it: that shows below.
    }
    this.#advance();
  }

  /** Writes to the stream; what is not taken at once waits. `bytes` are copied. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const taken = this.#canWrite() && this.#waiting.isEmpty ? this.#offer(bytes) : 0;
    if (taken > 0) this.#hooks.onTaken(taken);
    this.#waiting.add(bytes.subarray(taken));
  }

  /** Sends a datagram, unless too many wait. */
  sendDatagram(bytes: Uint8Array): void {
    if (this.#isClosed || !this.#canWrite() || this.native.isDgramSendQueueFull()) return;
    if (bytes.length > this.maxDatagramBytes) return;
    try {
      this.native.dgramSendVec(bytes);
    } catch {
      // A datagram may be lost.
    }
  }

  /** So many more bytes of the stream may be handed over. */
  grant(bytes: number): void {
    this.#credit += bytes;
    if (!this.#isClosed) this.#read();
  }

  /** Ends the stream behind what was written. The peer, once it has read all, closes. */
  finish(): void {
    this.#isWishedFor = true;
    if (this.#finish === 'no') this.#finish = 'wanted';
    if (this.#isPeerFinished || !this.#isEstablished) this.close();
    else this.#drain();
  }

  /** Closes at once. */
  close(): void {
    this.#isWishedFor = true;
    try {
      this.native.close(true, 0, CLOSED);
    } catch {
      // It is closed.
    }
  }

  /** Asks the peer for a sign of life. */
  ping(): void {
    try {
      this.native.sendAckEliciting();
    } catch {
      // It is closed, which its next turn finds.
    }
  }

  /** ms until {@link onTimeout}; undefined for never. */
  get timeoutMs(): number | undefined {
    return this.#isClosed ? undefined : (this.native.timeout() ?? undefined);
  }

  onTimeout(): void {
    if (this.#isClosed) return;
    this.native.onTimeout();
    this.#advance();
  }

  /** Sends all packets that are due. */
  flush(): void {
    if (this.#isClosed) return;
    this.#drain();
    this.#transmitAll();
    if (!this.#isEarly && !this.#isEstablished && this.#canWrite()) this.#beginEarly();
    this.#checkClosed();
  }

  #beginEarly(): void {
    this.#isEarly = true;
    this.#hooks.onEarly();
    this.#drain();
    this.#transmitAll();
  }

  #transmitAll(): void {
    for (;;) {
      const sent = this.#nextPacket();
      if (sent === null) return;
      const [length, info] = sent;
      this.#hooks.transmit(PACKET.subarray(0, length), info.from, info.to);
    }
  }

  #nextPacket(): ReturnType<NativeConnection['send']> {
    try {
      return this.native.send(PACKET);
    } catch {
      return null;
    }
  }

  /** Finds what has changed. */
  #advance(): void {
    if (!this.#isEstablished && this.native.isEstablished()) {
      this.#isEstablished = true;
      this.#hooks.onEstablished();
    }
    if (this.#isEstablished) this.#keepIds();
    this.#readPathEvents();
    this.#readDatagrams();
    this.#read();
    this.#readSession();
    this.#drain();
    this.#checkClosed();
  }

  #checkClosed(): void {
    if (this.#isClosed || !(this.native.isDraining() || this.native.isClosed())) return;
    this.#isClosed = true;
    const isWish = this.#isWishedFor || this.#isPeerFinished;
    this.#hooks.onClosed(isWish ? undefined : whyClosed(this.native));
  }

  #canWrite(): boolean {
    return this.#isEstablished || (this.#writesEarly && this.native.isInEarlyData());
  }

  #drain(): void {
    if (this.#isClosed || !this.#canWrite()) return;
    if (!this.#waiting.isEmpty) {
      const taken = this.#waiting.drain((bytes) => this.#offer(bytes));
      if (taken > 0) this.#hooks.onTaken(taken);
    }
    if (this.#finish !== 'wanted' || !this.#waiting.isEmpty) return;
    this.#finish = 'done';
    this.#offer(CLOSED, true);
  }

  /** Never offers more than has room: each such offer would be told to the peer, who would answer. */
  #offer(bytes: Uint8Array, isLast = false): number {
    try {
      const room = this.#hasWritten ? this.native.streamCapacity(STREAM) : bytes.length;
      if (room === 0 && !isLast) return 0;
      const taken = this.native.streamSend(STREAM, bytes.subarray(0, room), isLast) ?? 0;
      this.#hasWritten = true;
      return taken;
    } catch {
      return 0;
    }
  }

  #read(): void {
    if (this.#isPeerFinished) return;
    try {
      while (this.#credit > 0 && this.native.streamReadable(STREAM)) {
        const room = CHUNK.subarray(0, Math.min(CHUNK.length, this.#credit));
        const read = this.native.streamRecv(STREAM, room);
        if (read === null) return;
        const [length, isLast] = read;
        this.#credit -= length;
        if (length > 0) this.#hooks.onStream(CHUNK.subarray(0, length));
        if (!isLast) continue;
        this.#onPeerFinished();
        return;
      }
    } catch {
      // The peer has reset its stream: there is nothing else to use the connection for.
      this.native.close(true, 0, CLOSED);
    }
  }

  #onPeerFinished(): void {
    this.#isPeerFinished = true;
    this.#hooks.onFinished();
    if (this.#finish === 'done') this.close();
  }

  #readDatagrams(): void {
    for (;;) {
      const datagram = this.#nextDatagram();
      if (datagram === null) return;
      this.#hooks.onDatagram(datagram);
    }
  }

  #nextDatagram(): Uint8Array | null {
    try {
      return this.native.dgramRecvVec();
    } catch {
      return null;
    }
  }

  #readSession(): void {
    if (this.#hasSession || !this.#isEstablished) return;
    const session = this.native.session();
    if (session === null) return;
    this.#hasSession = true;
    this.#hooks.onSession(session);
  }

  #readPathEvents(): void {
    for (;;) {
      const event = this.native.pathEventNext();
      if (event === null || event === undefined) return;
      this.#hooks.onPathEvent(event);
    }
  }

  /** The peer always has ids to move with; those it has done with are forgotten. */
  #keepIds(): void {
    for (;;) {
      const retired = this.native.retiredScidNext();
      if (retired === null) break;
      this.#hooks.onIdRetired(retired);
    }
    while (this.native.sourceCidsLeft() > 0) {
      const id = this.#hooks.randomBytes(CONNECTION_ID_BYTES);
      const token = Buffer.from(this.#hooks.randomBytes(16)).toString('hex');
      this.native.newSourceCid(id, BigInt(`0x${token}`), false);
      this.#hooks.onIdIssued(id);
    }
  }
}

/** @returns undefined when the peer has wished it */
function whyClosed(native: NativeConnection): string | undefined {
  if (native.isTimedOut()) return 'nothing came for too long';
  const own = native.localError();
  const error = own ?? native.peerError();
  if (error === null) return 'the connection was refused';
  const { isApp, errorCode } = error;
  if (own === null && isApp && errorCode === 0) return undefined;
  const who = own === null ? 'the peer ended it' : 'it was ended here';
  const isAlert = !isApp && errorCode >= CRYPTO_ERROR && errorCode < CRYPTO_ERROR + 0x100;
  return isAlert
    ? `${who}: TLS alert ${errorCode - CRYPTO_ERROR}, ${ALERTS[errorCode - CRYPTO_ERROR] ?? 'see RFC 8446, 6'}`
    : `${who}: error ${errorCode}`;
}
