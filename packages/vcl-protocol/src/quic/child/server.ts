import { randomBytes } from 'node:crypto';
import type { NativeConfig, NativeHeader, NativeHost, NativeQuic } from '../native.js';
import type { ListenCommand, Place } from '../pipe/control.js';
import { AcceptedCarrier } from './accepted-carrier.js';
import type { ChildParts } from './carrier.js';
import { CONNECTION_ID_BYTES, MAX_PACKET_BYTES, serverConfig } from './configuration.js';
import { hostOf } from './dialed-carrier.js';
import { DropReport } from './drop-report.js';
import { destinationOf, isLong, keyOf } from './packet-id.js';
import { RetryTokens } from './retry-tokens.js';
import { UdpSocket } from './udp-socket.js';

/** What a {@link Server} is made of. */
export interface ServerOptions {
  readonly id: number;
  readonly native: NativeQuic;
  readonly parts: ChildParts;
  readonly command: ListenCommand;
  /** The id for another carrier, which the parent may use from its report on. */
  readonly newCarrierId: () => number;
  readonly onAccepted: (one: AcceptedCarrier) => void;
  readonly onGone: (one: AcceptedCarrier) => void;
}

const TICKET_KEY_BYTES = 48;
/** Tickets live at most so long, ms: sessions that are older shake hands in full. */
const TICKET_KEY_MS = 12 * 3_600_000;
/** A client's first packet fills at least so many bytes (RFC 9000, 14.1). */
const MIN_INITIAL_BYTES = 1_200;
const OUT = new Uint8Array(MAX_PACKET_BYTES);

/** Accepts connections on one socket, and finds for each packet the connection that it is for. */
export class Server {
  readonly #options: ServerOptions;
  readonly #tokens = new RetryTokens();
  readonly #byId = new Map<string, AcceptedCarrier>();
  readonly #carriers = new Set<AcceptedCarrier>();
  readonly #drops: DropReport;
  #socket: UdpSocket | undefined;
  #config: NativeConfig;
  #configMadeAt = performance.now();
  #isClosing = false;

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.#config = this.#newConfig();
    const { writer } = options.parts;
    this.#drops = new DropReport((reason, count) =>
      writer.addControl(options.id, { event: 'dropped', reason, count }),
    );
  }

  /** @throws the system's error, or quiche's when the certificate or its key will not do */
  static async open(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    server.#socket = await UdpSocket.bind(hostOf(options.command.at), {
      onPacket: (packet, from, to) => server.#onPacket(packet, from, to),
      onTrouble: () => undefined,
    });
    return server;
  }

  get local(): Place {
    const { host = '', port = 0 } = this.#socket?.local ?? {};
    return { address: host, port };
  }

  /** Accepts nobody else. Connections live on, and with the last one the socket is closed. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const carrier of this.#carriers) if (!carrier.isHandedOver) carrier.destroy();
    this.#closeWhenEmpty();
    this.#options.parts.writer.addControl(this.#options.id, { event: 'closed' });
  }

  #onPacket(packet: Buffer, from: NativeHost, to: NativeHost): void {
    const key = destinationOf(packet);
    const carrier = key === undefined ? undefined : this.#byId.get(key);
    if (carrier !== undefined) carrier.onPacket(packet, from, to);
    else if (packet.length >= MIN_INITIAL_BYTES && isLong(packet)) this.#onFirst(packet, from, to);
    else this.#drops.count('unknown');
  }

  #onFirst(packet: Buffer, from: NativeHost, to: NativeHost): void {
    const { native, command } = this.#options;
    const { maxConnections, retryAbove } = command.limits;
    if (this.#isClosing) return;
    const header = this.#read(packet);
    if (header === undefined) {
      this.#drops.count('junk');
      return;
    }
    if (!native.versionIsSupported(header.version)) {
      this.#answer(native.negotiateVersion(header.scid, header.dcid, OUT), from);
      return;
    }
    if (header.ty !== native.Type.Initial) {
      this.#drops.count('unknown');
      return;
    }
    if (this.#carriers.size >= maxConnections && !this.#evict()) {
      this.#drops.count('full');
      return;
    }
    const token = header.token ?? new Uint8Array(0);
    const proof = { peer: from, given: header.dcid, now: performance.now() };
    const original = this.#tokens.open(token, proof);
    if (original === undefined && this.#halfOpen() >= retryAbove) this.#retry(header, from);
    else this.#accept(packet, { header, original, from, to });
  }

  #accept(
    packet: Buffer,
    asked: {
      readonly header: NativeHeader;
      readonly original: Uint8Array | undefined;
      readonly from: NativeHost;
      readonly to: NativeHost;
    },
  ): void {
    const { native, parts, command, id } = this.#options;
    const { header, original, from, to } = asked;
    const own = original === undefined ? randomBytes(CONNECTION_ID_BYTES) : header.dcid;
    const carrier = new AcceptedCarrier({
      id: this.#options.newCarrierId(),
      server: id,
      native: native.Connection.accept(own, original, to, from, this.#freshConfig()),
      parts,
      socket: this.#socket as UdpSocket,
      peer: { address: from.host, port: from.port },
      limits: command.limits,
      routes: this.#byId,
      onSilent: () => this.#drops.count('silent'),
      onGone: (one) => this.#forget(one),
    });
    this.#carriers.add(carrier);
    this.#options.onAccepted(carrier);
    carrier.addRoute(keyOf(own));
    carrier.addRoute(keyOf(header.dcid));
    carrier.onPacket(packet, from, to);
  }

  /** Asks the client to come again with a token, and keeps nothing of it (RFC 9000, 8.1.2). */
  #retry({ scid, dcid, version }: NativeHeader, to: NativeHost): void {
    const given = randomBytes(CONNECTION_ID_BYTES);
    const token = this.#tokens.make(to, dcid, given, performance.now());
    this.#answer(this.#options.native.retry(scid, dcid, given, token, version, OUT), to);
  }

  #answer(length: number, to: NativeHost): void {
    this.#socket?.send(OUT.subarray(0, length), to);
  }

  #read(packet: Buffer): NativeHeader | undefined {
    try {
      return this.#options.native.Header.fromSlice(packet, CONNECTION_ID_BYTES);
    } catch {
      return undefined;
    }
  }

  /** Whoever has said nothing yet makes room for others. */
  #evict(): boolean {
    for (const carrier of this.#carriers) {
      if (carrier.isHandedOver) continue;
      carrier.destroy();
      this.#drops.count('evicted');
      return true;
    }
    return false;
  }

  #halfOpen(): number {
    let count = 0;
    for (const carrier of this.#carriers) if (!carrier.carrier.connection.isEstablished) count++;
    return count;
  }

  #forget(carrier: AcceptedCarrier): void {
    this.#carriers.delete(carrier);
    this.#options.onGone(carrier);
    this.#closeWhenEmpty();
  }

  #closeWhenEmpty(): void {
    if (this.#isClosing && this.#carriers.size === 0) this.#socket?.close();
  }

  #freshConfig(): NativeConfig {
    if (performance.now() - this.#configMadeAt > TICKET_KEY_MS) {
      this.#config = this.#newConfig();
      this.#configMadeAt = performance.now();
    }
    return this.#config;
  }

  #newConfig(): NativeConfig {
    const { native, command } = this.#options;
    return serverConfig(native, { ...command, ticketKey: randomBytes(TICKET_KEY_BYTES) });
  }
}
