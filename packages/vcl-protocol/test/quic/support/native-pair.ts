import { randomBytes } from 'node:crypto';
import { clientConfig, serverConfig } from '../../../src/quic/child/configuration.js';
import { type ConnectionHooks, QuicConnection } from '../../../src/quic/child/quic-connection.js';
import { describeQuic } from '../../../src/quic/describe.js';
import { loadNative, type NativeConfig, type NativeHost } from '../../../src/quic/native.js';
import type { QuicLimits } from '../../../src/quic/pipe/control.js';
import { makeCertificate } from '../../../src/quic/tls/self-signed.js';

/** Why there is no QUIC here, for `skipIf`. */
export const noQuic: string | undefined = describeQuic().reason;

export const LIMITS: QuicLimits = {
  idleTimeoutMs: 30_000,
  keepAliveMs: 10_000,
  handshakeTimeoutMs: 10_000,
  maxConnections: 1_024,
  retryAbove: 64,
};
const CLIENT: NativeHost = { host: '127.0.0.1', port: 1 };
const SERVER: NativeHost = { host: '127.0.0.1', port: 2 };
const pair = makeCertificate('localhost');

/** One end of a pair: what it heard, and what it has to send. */
export class End {
  connection!: QuicConnection;
  readonly stream: Uint8Array[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly heard: string[] = [];
  readonly packets: Uint8Array[] = [];
  session: Uint8Array | undefined;
  taken = 0;

  get streamBytes(): Buffer {
    return Buffer.concat(this.stream);
  }

  hooks(): ConnectionHooks {
    return {
      transmit: (packet) => this.packets.push(packet.slice()),
      onStream: (bytes) => {
        if (!this.connection.isEstablished) this.heard.push('before established');
        this.stream.push(bytes.slice());
      },
      onDatagram: (bytes) => this.datagrams.push(bytes.slice()),
      onTaken: (bytes) => {
        this.taken += bytes;
      },
      onEarly: () => this.heard.push('early'),
      onEstablished: () => this.heard.push('established'),
      onSession: (session) => {
        this.session = session;
      },
      onFinished: () => this.heard.push('finished'),
      onPathEvent: (event) => this.heard.push(event.type),
      onIdIssued: () => this.heard.push('id'),
      onIdRetired: () => this.heard.push('retired'),
      onClosed: (reason) => this.heard.push(`closed ${reason}`),
      randomBytes: (count) => randomBytes(count),
    };
  }
}

/** A server's settings: connections of one can be resumed at the same only. */
export function newServerConfig(ticketKey: Uint8Array = randomBytes(48)): NativeConfig {
  const { cert: certificate, key } = pair;
  const settings = { alpn: ['h3'], limits: LIMITS, certificate, key, ticketKey };
  return serverConfig(loadNative(), settings);
}

/** Two connections that are connected by function calls. */
export class NativePair {
  readonly client = new End();
  readonly server = new End();

  constructor(config: NativeConfig = newServerConfig(), session?: Uint8Array) {
    const native = loadNative();
    const settings = { alpn: ['h3'], limits: LIMITS, ca: undefined };
    const { Connection } = native;
    const connect = Connection.connect(
      'localhost',
      randomBytes(16),
      CLIENT,
      SERVER,
      clientConfig(native, settings),
    );
    if (session !== undefined) connect.setSession(session);
    const accept = Connection.accept(randomBytes(16), undefined, SERVER, CLIENT, config);
    this.client.connection = new QuicConnection(connect, this.client.hooks());
    this.server.connection = new QuicConnection(accept, this.server.hooks());
  }

  /** Carries packets to and fro until nobody has any. */
  settle(): void {
    for (;;) {
      this.client.connection.flush();
      this.server.connection.flush();
      const count = this.client.packets.length + this.server.packets.length;
      if (count === 0) return;
      this.toServer();
      this.toClient();
    }
  }

  toServer(): void {
    const { connection } = this.server;
    for (const packet of this.client.packets.splice(0)) connection.receive(packet, CLIENT, SERVER);
  }

  toClient(): void {
    const { connection } = this.client;
    for (const packet of this.server.packets.splice(0)) connection.receive(packet, SERVER, CLIENT);
  }
}
