import { wipe } from '../crypto/bytes.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import { VCLError, type VCLErrorCode } from '../errors.js';
import { Fifo } from '../fifo.js';
import type { LegacyDropReason } from './drop-reason.js';
import { decodeLegacyFragment } from './fragment.js';
import { LegacyAssembly } from './fragment-assembly.js';
import { LegacyKeyExchange } from './key-exchange.js';
import { type LegacyNonceSource, LegacyNonces } from './nonces.js';
import { LegacyOutgoing } from './outgoing.js';
import { LegacyPacketType } from './packet.js';
import { type LegacyOpenedPacket, LegacyReceiveChain } from './receive-chain.js';
import { LegacySendChain } from './send-chain.js';
import type { LegacySessionEvent } from './session-event.js';
import { LegacyTimers, type LegacyTimersOptions } from './session-timers.js';

/** What a {@link LegacySession} works with. Times are milliseconds of a monotonic clock. */
export interface LegacySessionOptions extends LegacyTimersOptions {
  readonly crypto: CryptoProvider;
  /** What the handshake gave: 32 bytes, copied. */
  readonly key: Uint8Array;
  /** Signs every packet of this side. */
  readonly signer: Signer;
  /** Every packet of the peer must be signed by it. The crate uses the key of its own signer (G1). */
  readonly peerKey: Uint8Array;
  /** Default: {@link LegacyNonces}. */
  readonly nonces?: LegacyNonceSource;
  /** Bytes of a message that travel in one packet: 1 to `LEGACY_MAX_FRAGMENT_BYTES`. */
  readonly fragmentSize: number;
  /** The longest message put together, and the bytes of unfinished ones. */
  readonly maxMessageBytes: number;
  /** Whether rotations of the peer are answered. */
  readonly acceptRotation: boolean;
}

/** Answers to pings that wait to be sent; what goes beyond is not answered. */
const MAX_PONGS = 64;
const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * A session of the wire of the Rust crate 1.5 after its handshake, without input or output. It
 * sends, and accepts from a peer of the crate, byte for byte what the crate does; what the crate
 * fails on is dropped, and told by an event.
 */
export class LegacySession {
  readonly #options: LegacySessionOptions;
  readonly #sending: LegacySendChain;
  readonly #receiving: LegacyReceiveChain;
  readonly #outgoing: LegacyOutgoing;
  readonly #assembly: LegacyAssembly;
  readonly #timers: LegacyTimers;
  readonly #events = new Fifo<LegacySessionEvent>();
  /** Sealed under a key that is gone since, so that nothing may leave before them. */
  readonly #answers = new Fifo<Uint8Array>();
  readonly #pings = new Fifo<{ readonly id: number; readonly sentAt: number }>();
  #key: Uint8Array;
  #pongsOwed = 0;
  #pingsAsked = 0;
  #pingsSent = 0;
  #isRotationQueued = false;
  #rotation: LegacyKeyExchange | undefined;
  #hasEnded = false;

  constructor(options: LegacySessionOptions) {
    const { crypto, signer, peerKey, nonces = new LegacyNonces(crypto) } = options;
    this.#options = options;
    this.#key = Uint8Array.from(options.key);
    this.#sending = new LegacySendChain({ crypto, signer, nonces });
    this.#receiving = new LegacyReceiveChain({ crypto, peerKey, ownNonces: nonces });
    this.#outgoing = new LegacyOutgoing(options.fragmentSize);
    this.#assembly = new LegacyAssembly(options.maxMessageBytes);
    this.#timers = new LegacyTimers(options);
  }

  /** Messages that have left whole, of those given to {@link send}. */
  get messagesSent(): number {
    return this.#outgoing.messagesDone;
  }

  /** Packets of the peer that have passed all checks, in order. */
  get packetsReceived(): number {
    return this.#receiving.expected;
  }

  /** @param payload not copied @throws VCLError `MessageTooBig` beyond 65,535 fragments */
  send(payload: Uint8Array): void {
    this.#outgoing.addMessage(payload);
  }

  /** Sends a ping. @returns its id in the event `pong` */
  ping(): number {
    this.#outgoing.addControl(LegacyPacketType.Ping);
    return this.#pingsAsked++;
  }

  /** Asks for a new key, after what was sent before; without effect while that is under way. */
  rotateKeys(): void {
    if (this.#isRotationQueued || this.#rotation !== undefined) return;
    this.#isRotationQueued = true;
    this.#outgoing.addControl(LegacyPacketType.KeyRotation);
  }

  /** @param ms silence after which the session ends; 0 for never */
  setIdleTimeout(ms: number): void {
    this.#timers.idleTimeoutMs = ms;
  }

  /** A datagram came from the peer's address. */
  handle(bytes: Uint8Array, now: number): void {
    if (this.#hasEnded) {
      this.#drop('closed');
      return;
    }
    const reason = this.#receiving.offer(bytes, this.#key);
    if (reason !== undefined) this.#drop(reason);
    for (let next = this.#receiving.take(); next !== undefined; next = this.#receiving.take()) {
      if (this.#hasEnded) return;
      if (next === 'chain') {
        this.#drop(next);
      } else {
        this.#timers.onHeard(now);
        this.#dispatch(next, now);
      }
    }
    const { hasGap, expected } = this.#receiving;
    this.#timers.onGap(hasGap ? expected : undefined, now);
  }

  /** The next datagram to send, or undefined for now. What is taken must be sent, in this order. */
  pollTransmit(now: number): Uint8Array | undefined {
    if (this.#hasEnded) return undefined;
    const answer = this.#answers.poll();
    if (answer !== undefined) return answer;
    // The peer changes its key before it would read anything else (G49).
    if (this.#rotation !== undefined) return undefined;
    if (this.#pongsOwed > 0) {
      this.#pongsOwed--;
      return this.#sending.seal(LegacyPacketType.Pong, EMPTY, this.#key);
    }
    const next = this.#outgoing.take();
    if (next === undefined) return undefined;
    if (next.packetType === LegacyPacketType.KeyRotation) return this.#askForRotation(now);
    if (next.packetType === LegacyPacketType.Ping) {
      this.#pings.push({ id: this.#pingsSent++, sentAt: now });
    }
    return this.#sending.seal(next.packetType, next.plaintext, this.#key);
  }

  /** The next thing that happened, or undefined. */
  pollEvent(): LegacySessionEvent | undefined {
    return this.#events.poll();
  }

  /** When {@link handleTimeout} is due; Infinity for never. */
  nextTimeout(): number {
    return this.#hasEnded ? Number.POSITIVE_INFINITY : this.#timers.next();
  }

  /** Time has passed. */
  handleTimeout(now: number): void {
    if (this.#hasEnded) return;
    const expired = this.#timers.expired(now);
    if (expired !== undefined) this.#end(expired.code, expired.message);
  }

  /** Ends the session on this side: the wire has nothing to tell the peer (G48). */
  close(): void {
    this.#hasEnded = true;
    wipe(this.#key);
    this.#rotation?.wipe();
    this.#outgoing.clear();
    this.#answers.clear();
    this.#assembly.clear();
  }

  #dispatch(packet: LegacyOpenedPacket, now: number): void {
    switch (packet.packetType) {
      case LegacyPacketType.Data:
        this.#deliver(packet, packet.plaintext, false);
        break;
      case LegacyPacketType.Fragment:
        this.#onFragment(packet);
        break;
      case LegacyPacketType.Ping:
        this.#onPing();
        break;
      case LegacyPacketType.Pong:
        this.#onPong(now);
        break;
      case LegacyPacketType.KeyRotation:
        this.#onRotation(packet.plaintext);
        break;
    }
  }

  #deliver(last: LegacyOpenedPacket, payload: Uint8Array, isReassembled: boolean): void {
    const { sequence, hash } = last;
    this.#events.push({ type: 'message', sequence, hash, payload, isReassembled });
  }

  #onFragment(packet: LegacyOpenedPacket): void {
    const fragment = decodeLegacyFragment(packet.plaintext);
    const payload = fragment === undefined ? 'inconsistent' : this.#assembly.add(fragment);
    if (payload === 'inconsistent') this.#drop('content');
    else if (payload === 'limit') this.#drop('limit');
    else if (payload !== 'kept') this.#deliver(packet, payload, true);
  }

  #onPing(): void {
    if (this.#pongsOwed === MAX_PONGS) {
      this.#drop('limit');
    } else {
      this.#pongsOwed++;
      this.#events.push({ type: 'ping' });
    }
  }

  #onPong(now: number): void {
    const ping = this.#pings.poll();
    if (ping === undefined) this.#drop('content');
    else this.#events.push({ type: 'pong', id: ping.id, latencyMs: now - ping.sentAt });
  }

  #askForRotation(now: number): Uint8Array {
    this.#isRotationQueued = false;
    this.#rotation = new LegacyKeyExchange(this.#options.crypto);
    this.#timers.onRotationSent(now);
    const { publicKey } = this.#rotation;
    return this.#sending.seal(LegacyPacketType.KeyRotation, publicKey, this.#key);
  }

  #onRotation(peerPublicKey: Uint8Array): void {
    // A request that has crossed this side's is taken for the answer, as the peer does with ours.
    if (this.#rotation !== undefined) this.#finishRotation(this.#rotation, peerPublicKey);
    else if (this.#options.acceptRotation) this.#answerRotation(peerPublicKey);
    else this.#drop('rotation');
  }

  #answerRotation(peerPublicKey: Uint8Array): void {
    const exchange = new LegacyKeyExchange(this.#options.crypto);
    const key = exchange.finish(peerPublicKey);
    exchange.wipe();
    if (key === undefined) {
      this.#drop('content');
      return;
    }
    const { publicKey } = exchange;
    this.#answers.push(this.#sending.seal(LegacyPacketType.KeyRotation, publicKey, this.#key));
    this.#useKey(key, false);
  }

  #finishRotation(own: LegacyKeyExchange, peerPublicKey: Uint8Array): void {
    const key = own.finish(peerPublicKey);
    own.wipe();
    this.#rotation = undefined;
    this.#timers.onRotationDone();
    if (key === undefined) {
      this.#end(
        'HandshakeFailed',
        'the answer to a key rotation is no usable key, and the peer has changed its own: connect anew',
      );
    } else {
      this.#useKey(key, true);
    }
  }

  #useKey(key: Uint8Array, isOwn: boolean): void {
    wipe(this.#key);
    this.#key = key;
    this.#events.push({ type: 'key-rotated', isOwn });
  }

  #end(code: VCLErrorCode, message: string): void {
    this.close();
    this.#events.push({ type: 'ended', error: new VCLError(code, message) });
  }

  #drop(reason: LegacyDropReason): void {
    this.#events.push({ type: 'dropped', reason });
  }
}
