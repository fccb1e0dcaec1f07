import { createRequire } from 'node:module';

/** An address as quiche writes it: numeric. */
export interface NativeHost {
  readonly host: string;
  readonly port: number;
}

/** Where a packet came from, and which of our addresses it came to. */
export interface NativeReceiveInfo {
  readonly from: NativeHost;
  readonly to: NativeHost;
}

/** What happened to a path of a connection. */
export interface NativePathEvent {
  readonly type: string;
  readonly local?: NativeHost;
  readonly peer?: NativeHost;
}

/** Why a connection ended. */
export interface NativeConnectionError {
  readonly isApp: boolean;
  readonly errorCode: number;
  readonly reason: Uint8Array | readonly number[];
}

/** The settings of connections, and their TLS. */
export interface NativeConfig {
  setTicketKey(key: Uint8Array): void;
  enableEarlyData(): void;
  grease(on: boolean): void;
  setApplicationProtos(protocols: readonly string[]): void;
  setMaxIdleTimeout(ms: number): void;
  setMaxRecvUdpPayloadSize(bytes: number): void;
  setMaxSendUdpPayloadSize(bytes: number): void;
  setInitialMaxData(bytes: number): void;
  setInitialMaxStreamDataBidiLocal(bytes: number): void;
  setInitialMaxStreamDataBidiRemote(bytes: number): void;
  setInitialMaxStreamsBidi(count: number): void;
  setInitialMaxStreamsUni(count: number): void;
  setMaxConnectionWindow(bytes: number): void;
  setMaxStreamWindow(bytes: number): void;
  setActiveConnectionIdLimit(count: number): void;
  setDisableActiveMigration(off: boolean): void;
  setCcAlgorithmName(name: string): void;
  enablePacing(on: boolean): void;
  enableDgram(on: boolean, receiveQueue: number, sendQueue: number): void;
}

/** A connection: it takes packets and gives packets, and knows no sockets. */
export interface NativeConnection {
  setSession(session: Uint8Array): void;
  /** Overwrites `packet`. @throws when it is no packet of this connection, or ends it */
  recv(packet: Uint8Array, info: NativeReceiveInfo): number;
  /** The next packet: its length and its addresses; null when there is none. */
  send(out: Uint8Array): readonly [number, NativeReceiveInfo] | null;
  streamRecv(stream: number, out: Uint8Array): readonly [number, boolean] | null;
  streamSend(stream: number, bytes: Uint8Array, isLast: boolean): number | null;
  streamReadable(stream: number): boolean;
  /** How many bytes {@link streamSend} takes. @throws when there is no such stream yet */
  streamCapacity(stream: number): number;
  dgramRecvVec(): Uint8Array | null;
  dgramSendVec(bytes: Uint8Array): null | undefined;
  dgramMaxWritableLen(): number | null;
  isDgramSendQueueFull(): boolean;
  /** ms until {@link onTimeout} has to be called. */
  timeout(): number | null;
  onTimeout(): void;
  probePath(local: NativeHost, peer: NativeHost): number;
  migrate(local: NativeHost, peer: NativeHost): number;
  newSourceCid(id: Uint8Array, resetToken: bigint, retireIfNeeded: boolean): number;
  sourceCidsLeft(): number;
  retiredScidNext(): Uint8Array | null;
  availableDcids(): number;
  pathEventNext(): NativePathEvent | null;
  close(isApplication: boolean, code: number, reason: Uint8Array): unknown;
  peerCertChain(): readonly Uint8Array[] | null;
  session(): Uint8Array | null;
  isEstablished(): boolean;
  isResumed(): boolean;
  isInEarlyData(): boolean;
  isDraining(): boolean;
  isClosed(): boolean;
  isTimedOut(): boolean;
  peerError(): NativeConnectionError | null;
  localError(): NativeConnectionError | null;
  sendAckEliciting(): void;
}

/** The header of a packet that is for no connection yet. */
export interface NativeHeader {
  readonly ty: number;
  readonly version: number;
  readonly dcid: Uint8Array;
  readonly scid: Uint8Array;
  readonly token?: Uint8Array | null;
}

/** The part that is used of the quiche object in the platform packages of `@matrixai/quic`. */
export interface NativeQuic {
  readonly Config: {
    withBoringSslCtx(
      verifiesPeer: boolean,
      allowsUnverified: boolean,
      ca: Uint8Array | undefined,
      keys: readonly Uint8Array[] | undefined,
      certificates: readonly Uint8Array[] | undefined,
      signatureAlgorithms: string,
    ): NativeConfig;
  };
  readonly Connection: {
    connect(
      serverName: string | undefined,
      id: Uint8Array,
      local: NativeHost,
      peer: NativeHost,
      config: NativeConfig,
    ): NativeConnection;
    accept(
      id: Uint8Array,
      originalId: Uint8Array | undefined,
      local: NativeHost,
      peer: NativeHost,
      config: NativeConfig,
    ): NativeConnection;
  };
  readonly Header: { fromSlice(packet: Uint8Array, idBytes: number): NativeHeader };
  readonly Type: { readonly Initial: number };
  versionIsSupported(version: number): boolean;
  negotiateVersion(scid: Uint8Array, dcid: Uint8Array, out: Uint8Array): number;
  retry(
    scid: Uint8Array,
    dcid: Uint8Array,
    newScid: Uint8Array,
    token: Uint8Array,
    version: number,
    out: Uint8Array,
  ): number;
}

const load = createRequire(import.meta.url);
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@matrixai/quic-linux-x64',
  'win32-x64': '@matrixai/quic-win32-x64',
  'darwin-x64': '@matrixai/quic-darwin-x64',
  'darwin-arm64': '@matrixai/quic-darwin-arm64',
};

/** The package with the binary for a platform and an architecture; undefined where there is none. */
export function nativePackage(platform: string, architecture: string): string | undefined {
  return PACKAGES[`${platform}-${architecture}`];
}

/** The version of the package that is installed for this platform; undefined without one. */
export function nativeVersion(): string | undefined {
  const name = nativePackage(process.platform, process.arch);
  if (name === undefined) return undefined;
  try {
    const about: { version?: unknown } = load(`${name}/package.json`);
    return String(about.version);
  } catch {
    return undefined;
  }
}

/**
 * Loads native code: for a process that may be lost.
 *
 * @throws Error that says what is missing
 */
export function loadNative(): NativeQuic {
  const name = nativePackage(process.platform, process.arch);
  if (name === undefined) throw new Error(`no binary for ${process.platform} on ${process.arch}`);
  return load(name);
}
