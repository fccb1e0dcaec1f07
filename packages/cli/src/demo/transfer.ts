import { createHash } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import { encodePublicKey, KeyPair, type Logger, TransportMode, VCLConnection } from 'vcl-protocol';
import type { FileSource } from './file-source.js';
import type { UdpAddress } from './relay.js';

/** What both sides of the transfer agree on: the application's numbers for its messages. */
const Kind = {
  /** The next bytes of the file. */
  DATA: 1,
  /** All bytes were sent; holds their SHA-256. */
  END: 2,
  /** The answer to END: the SHA-256 of what was received. */
  RECEIPT: 3,
} as const;

/** What {@link startReceiver} needs. */
export interface ReceiverOptions {
  /** Where to record the session, payloads included; must not exist. */
  readonly logFile: string;
  readonly logger: Logger;
  /** Told after every message how many bytes of the file have come. */
  readonly onProgress: (bytes: number) => void;
}

/** The receiving side, ready for one sender. */
export interface DemoReceiver {
  readonly address: UdpAddress;
  /** In text form. */
  readonly publicKey: string;
  /** What came, once the session and its log are closed. */
  readonly received: Promise<ReceivedFile>;
  /** Ends it at once, whatever state it is in. May be called again. */
  stop(): void;
}

/** What the receiver got. */
export interface ReceivedFile {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** What {@link sendFile} needs. */
export interface SendOptions {
  readonly source: FileSource;
  /** Where to send: the relay. */
  readonly to: UdpAddress;
  /** The receiver's public key in text form; another one is refused. */
  readonly serverKey: string;
  readonly logger: Logger;
  /** Ends the transfer. */
  readonly signal: AbortSignal;
}

/** What was sent, and how the link fared. */
export interface SentFile {
  /** Messages of all kinds. */
  readonly messages: number;
  /** Bytes of their payloads. */
  readonly payloadBytes: number;
  /** Of the file, in hex. */
  readonly sha256: string;
  /** What the receiver says it is, in hex. */
  readonly receipt: string;
  readonly handshakeMs: number;
  /** From the first message to the receipt. */
  readonly transferMs: number;
  /** Retransmissions not included. */
  readonly packetsSent: number;
  readonly packetsRetransmitted: number;
  /** Mean round trip of the last packets, or null without a sample. */
  readonly rttMs: number | null;
}

/** Opens a receiver under an identity of its own on a free port of 127.0.0.1. */
export async function startReceiver(options: ReceiverOptions): Promise<DemoReceiver> {
  const identity = KeyPair.generate();
  const connection = await VCLConnection.bind(ANY_PORT, {
    identity,
    // Anybody may send: the address is one of this machine, and the demo sends nothing secret.
    clients: 'any',
    config: { transport: TransportMode.Udp },
    record: { file: options.logFile, payloads: true },
    logger: options.logger,
  });
  const { address, port } = connection.localAddress();
  const received = receiveFile(connection, options.onProgress);
  // Whoever awaits it is told; until somebody does, it must not end the process.
  received.catch(() => {});
  return {
    address: { address, port },
    publicKey: encodePublicKey(identity.publicKey),
    received,
    stop: () => connection.abort(),
  };
}

/** Sends a file, waits for the receipt and closes the session. @throws VCLError of the connection */
export async function sendFile(options: SendOptions): Promise<SentFile> {
  const { source, to, serverKey, logger, signal } = options;
  const connection = await VCLConnection.bind(ANY_PORT, {
    identity: KeyPair.generate(),
    config: { transport: TransportMode.Udp },
    logger,
  });
  const stop = (): void => connection.abort();
  signal.addEventListener('abort', stop);
  try {
    // What is aborted already calls nobody.
    signal.throwIfAborted();
    const startedMs = performance.now();
    await connection.connect(`${to.address}:${to.port}`, { server: serverKey });
    const connectedMs = performance.now();
    const sent = await sendPieces(connection, source, signal);
    const receipt = await receiveReceipt(connection);
    const transferMs = performance.now() - connectedMs;
    const metrics = connection.metrics();
    await connection.close();
    const { packetsSent, packetsRetransmitted } = metrics;
    const rttMs = metrics.avgRtt() ?? null;
    const handshakeMs = connectedMs - startedMs;
    return { ...sent, receipt, handshakeMs, transferMs, packetsSent, packetsRetransmitted, rttMs };
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

const ANY_PORT = '127.0.0.1:0';
const MESSAGE_BYTES = 2 ** 16;
const RELIABLE = 'reliable';

async function sendPieces(
  connection: VCLConnection,
  source: FileSource,
  signal: AbortSignal,
): Promise<Pick<SentFile, 'messages' | 'payloadBytes' | 'sha256'>> {
  const hash = createHash('sha256');
  let messages = 0;
  for await (const piece of source.pieces(MESSAGE_BYTES)) {
    signal.throwIfAborted();
    hash.update(piece);
    await connection.send(piece, { reliability: RELIABLE, kind: Kind.DATA });
    messages++;
  }
  const digest = hash.digest();
  await connection.send(digest, { reliability: RELIABLE, kind: Kind.END });
  const payloadBytes = source.bytes + digest.length;
  return { messages: messages + 1, payloadBytes, sha256: digest.toString('hex') };
}

async function receiveReceipt(connection: VCLConnection): Promise<string> {
  const packet = await connection.recv();
  if (packet.type === Kind.RECEIPT) return Buffer.from(packet.payload).toString('hex');
  throw new VCLError(
    'InvalidPacket',
    `the receiver answered with a message of kind ${packet.type}`,
  );
}

async function receiveFile(
  connection: VCLConnection,
  onProgress: (bytes: number) => void,
): Promise<ReceivedFile> {
  await connection.acceptHandshake();
  const hash = createHash('sha256');
  let bytes = 0;
  let sha256: string | undefined;
  for await (const packet of connection) {
    if (packet.type === Kind.DATA) {
      hash.update(packet.payload);
      bytes += packet.payload.length;
      onProgress(bytes);
    } else if (packet.type === Kind.END && sha256 === undefined) {
      const digest = hash.digest();
      sha256 = digest.toString('hex');
      await connection.send(digest, { reliability: RELIABLE, kind: Kind.RECEIPT });
    }
  }
  await connection.close();
  if (sha256 !== undefined) return { bytes, sha256 };
  throw new VCLError(
    'ConnectionClosed',
    'the sender closed the session before the end of the file',
  );
}
