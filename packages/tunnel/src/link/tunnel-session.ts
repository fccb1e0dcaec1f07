import { PacketOutlet, type VCLConnection } from 'vcl-protocol';
import type { TunnelPort } from '../core/port/tunnel-port.js';
import {
  decodeTunnelMessage,
  encodeTunnelMessage,
  TUNNEL_KIND,
  type TunnelMessage,
} from '../core/wire/tunnel-message.js';

/** Who hears of a {@link TunnelSession}. */
export interface TunnelSessionHandler {
  onMessage(message: TunnelMessage): void;
  /** The session is over; the last call. @param error what ended it, undefined for an orderly end */
  onEnded(error: unknown): void;
}

/** A session that carries a tunnel: messages of both ends, and the packets of a port. */
export class TunnelSession {
  readonly connection: VCLConnection;
  readonly #handler: TunnelSessionHandler;
  #ready: (() => void) | undefined;
  #isEnded = false;

  constructor(connection: VCLConnection, handler: TunnelSessionHandler) {
    this.connection = connection;
    this.#handler = handler;
    void this.#readAll();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Packets come from `port` and go there from now on. */
  use(port: TunnelPort): void {
    this.#ready = this.connection.usePackets(new PacketOutlet(port));
  }

  /** The port has something to send. */
  ready(): void {
    if (!this.#isEnded) this.#ready?.();
  }

  /** Says something to the peer; what cannot be said any more is nobody's loss. */
  say(message: TunnelMessage): void {
    const sending = this.connection.send(encodeTunnelMessage(message), { kind: TUNNEL_KIND });
    sending.catch(() => {});
  }

  /** Ends the session in order, in the time that takes, or else at once. */
  close(): Promise<void> {
    return this.connection.close({ lingerMs: CLOSE_LINGER_MS }).catch(() => {
      this.connection.abort();
    });
  }

  async #readAll(): Promise<void> {
    let failure: unknown;
    try {
      for await (const packet of this.connection) {
        const message =
          packet.type === TUNNEL_KIND ? decodeTunnelMessage(packet.payload) : undefined;
        if (message !== undefined) this.#handler.onMessage(message);
      }
    } catch (error) {
      failure = error;
    }
    this.#isEnded = true;
    this.#ready = undefined;
    this.#handler.onEnded(failure);
  }
}

/** How long an orderly end may take. */
const CLOSE_LINGER_MS = 1_000;
