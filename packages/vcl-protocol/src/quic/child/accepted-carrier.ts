import type { NativeConnection, NativeHost } from '../native.js';
import type { Place, QuicLimits } from '../pipe/control.js';
import { Carrier, type CarrierOwner, type ChildParts } from './carrier.js';
import { keyOf } from './packet-id.js';
import type { UdpSocket } from './udp-socket.js';

/** What an {@link AcceptedCarrier} is made of. */
export interface AcceptedCarrierOptions {
  readonly id: number;
  /** The id of the server that it came to. */
  readonly server: number;
  readonly native: NativeConnection;
  readonly parts: ChildParts;
  readonly socket: UdpSocket;
  readonly peer: Place;
  readonly limits: QuicLimits;
  /** All connections of the server by the ids that packets are written to. */
  readonly routes: Map<string, AcceptedCarrier>;
  /** It has said nothing for too long, and will be gone. */
  readonly onSilent: () => void;
  readonly onGone: (one: AcceptedCarrier) => void;
}

/** A connection that came to a server. The parent hears of it when it has said something. */
export class AcceptedCarrier implements CarrierOwner {
  readonly carrier: Carrier;
  readonly #options: AcceptedCarrierOptions;
  readonly #keys = new Set<string>();
  readonly #silenceTimer: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor(options: AcceptedCarrierOptions) {
    this.#options = options;
    this.carrier = new Carrier({ ...options, owner: this, writesEarly: true });
    this.#silenceTimer = setTimeout(() => {
      options.onSilent();
      this.destroy();
    }, options.limits.handshakeTimeoutMs);
  }

  /** Whether the parent has heard of it. */
  get isHandedOver(): boolean {
    return this.carrier.hasBytes;
  }

  /** Packets to the id behind `key` come here, unless they go elsewhere already. */
  addRoute(key: string): void {
    const { routes } = this.#options;
    if (routes.has(key)) return;
    routes.set(key, this);
    this.#keys.add(key);
  }

  onPacket(packet: Buffer, from: NativeHost, to: NativeHost): void {
    this.carrier.connection.receive(packet, from, to);
    if (!this.#isOver) this.carrier.clock.touch();
  }

  /** Ends it at once, and tells the peer. */
  destroy(): void {
    this.carrier.connection.close();
    this.carrier.connection.flush();
    this.#end(undefined);
  }

  transmit(packet: Uint8Array, _from: NativeHost, to: NativeHost): void {
    this.#options.socket.send(packet, to);
  }

  onEarly(): void {}

  onEstablished(): void {}

  onFirstBytes(): void {
    clearTimeout(this.#silenceTimer);
    const { id, server, parts, socket, peer } = this.#options;
    const { connection } = this.carrier;
    const { host: address, port } = socket.local;
    parts.writer.addControl(server, {
      event: 'accepted',
      carrier: id,
      local: { address, port },
      peer: { ...peer, address: unmapped(peer.address) },
      maxDatagramBytes: connection.maxDatagramBytes,
      isEarly: !connection.isEstablished,
    });
  }

  onPathEvent(): void {}

  onIdIssued(id: Uint8Array): void {
    this.addRoute(keyOf(id));
  }

  onIdRetired(id: Uint8Array): void {
    const key = keyOf(id);
    if (this.#keys.delete(key)) this.#options.routes.delete(key);
  }

  onGone(reason: string | undefined): void {
    this.#end(reason);
  }

  #end(reason: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#silenceTimer);
    this.carrier.clock.stop();
    for (const key of this.#keys) this.#options.routes.delete(key);
    if (this.isHandedOver) {
      this.carrier.report({ event: 'closed', ...(reason === undefined ? {} : { reason }) });
    }
    this.#options.onGone(this);
  }
}

/** An IPv4 address as it is, also when it comes to a socket for both. */
function unmapped(address: string): string {
  return /^::ffff:[0-9.]+$/i.test(address) ? address.slice('::ffff:'.length) : address;
}
