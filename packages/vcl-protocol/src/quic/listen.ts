import { X509Certificate } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import { formatAddress } from '../carrier-address.js';
import { type CarrierLink, type CarrierServer, CLOSE_TIMEOUT_MS } from '../carrier-link.js';
import { MAX_FIRST_RECORD_BYTES } from '../node/carriers/record-splitter.js';
import { type ChildUser, QuicChild } from './child-process.js';
import { requireQuic } from './dial.js';
import { framed, type Greeting, PREFACE } from './greeting.js';
import { DEFAULT_ALPN, type ListenQuicOptions, limitsOf } from './options.js';
import type { ListenCommand, Place, Report } from './pipe/control.js';
import { QuicLink } from './quic-link.js';
import { certificateHash, makeClaim } from './tls/identity-claim.js';
import { makeCertificate } from './tls/self-signed.js';

/**
 * Accepts QUIC connections.
 *
 * @throws VCLError `IoError` when the address cannot be bound; `InvalidConfig` when the certificate
 * is none, or QUIC cannot be used here
 */
export async function listenQuic(options: ListenQuicOptions): Promise<CarrierServer> {
  requireQuic();
  const { cert, key } = certificateOf(options);
  const server = new QuicServer({
    heartbeat: options.heartbeat,
    claim: framed(makeClaim(certificateHash(derOf(cert)), options.signer)),
    onDrop: options.onDrop,
    command: {
      op: 'listen',
      at: { address: options.address, port: options.port },
      alpn: options.alpn ?? DEFAULT_ALPN,
      certificate: cert,
      key,
      limits: limitsOf(options),
    },
  });
  await server.bound;
  return server;
}

interface QuicServerOptions {
  readonly heartbeat: ListenQuicOptions['heartbeat'];
  /** What each client is told first. */
  readonly claim: Uint8Array;
  readonly command: ListenCommand;
  readonly onDrop: ListenQuicOptions['onDrop'];
}

/** The only thing that a client says before its records. */
const clientGreeting: Greeting = {
  length: PREFACE.length,
  check: (preface) =>
    preface[0] === PREFACE[0]
      ? undefined
      : new VCLError('InvalidPacket', 'the client speaks another version of VCL over QUIC'),
  onEstablished: () => undefined,
  onSession: () => undefined,
};

/** After a process that has lasted for so long the next one is started at once, ms. */
const STABLE_MS = 10_000;
/** Otherwise after twice the time each time, within these bounds, ms. */
const MIN_AGAIN_MS = 20;
const MAX_AGAIN_MS = 2_000;

class QuicServer implements CarrierServer, ChildUser {
  readonly bound: Promise<void>;
  readonly #options: QuicServerOptions;
  #child: QuicChild;
  #id = 0;
  #begunAt = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  #againMs = 0;
  #isBound = false;
  #local: Place;
  #onBound: (error: VCLError | undefined) => void = () => undefined;
  #onLink: ((link: CarrierLink) => void) | undefined;
  /** Those that came before the start. */
  #waiting: QuicLink[] = [];
  #onClosed: (() => void) | undefined;
  #isClosed = false;

  constructor(options: QuicServerOptions) {
    this.#options = options;
    this.#local = options.command.at;
    this.#child = QuicChild.shared(options.heartbeat);
    this.bound = new Promise((resolve, reject) => {
      this.#onBound = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#begin();
  }

  get local(): Place {
    return this.#local;
  }

  start(onLink: (link: CarrierLink) => void): void {
    this.#onLink = onLink;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const link of waiting) onLink(link);
  }

  /** The address is free when the links that were handed over have ended, too: they share it. */
  async close(): Promise<void> {
    for (const link of this.#waiting.splice(0)) link.destroy();
    clearTimeout(this.#again);
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
      this.#onClosed = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#child.command(this.#id, { op: 'close' });
    });
    this.#child.remove(this.#id);
  }

  onReport(report: Report): void {
    if (report.event === 'bound') {
      this.#local = report.local;
      this.#isBound = true;
      this.#onBound(undefined);
    } else if (report.event === 'accepted') {
      this.#accept(report);
    } else if (report.event === 'dropped') {
      this.#options.onDrop?.(report.reason, report.count);
    } else if (report.event === 'closed') {
      this.#child.remove(this.#id);
      this.#onEnded(this.#bindError(report.reason ?? '', report.code));
    }
  }

  onStream(): void {}

  onDatagram(): void {}

  onCredit(): void {}

  onChildLost(error: VCLError): void {
    this.#onEnded(error);
  }

  #begin(): void {
    const { heartbeat, command } = this.#options;
    this.#begunAt = performance.now();
    this.#child = QuicChild.shared(heartbeat);
    this.#id = this.#child.add(this);
    this.#child.command(this.#id, { ...command, at: this.#local });
    this.#child.flush();
  }

  /** Whoever listens goes on with another process, at the same port and with the same certificate. */
  #onEnded(error: VCLError): void {
    this.#onClosed?.();
    if (this.#isClosed) return;
    if (!this.#isBound) {
      this.#isClosed = true;
      this.#onBound(error);
      return;
    }
    const hasLasted = performance.now() - this.#begunAt > STABLE_MS;
    this.#againMs = hasLasted ? 0 : Math.min(MAX_AGAIN_MS, 2 * this.#againMs + MIN_AGAIN_MS);
    this.#again = setTimeout(() => this.#begin(), this.#againMs);
  }

  #accept(report: Report & { readonly event: 'accepted' }): void {
    const child = this.#child;
    const { claim, command } = this.#options;
    const { carrier: id, peer, local, maxDatagramBytes, isEarly } = report;
    const link = new QuicLink({
      child,
      id,
      peer,
      local,
      maxDatagramBytes,
      greeting: clientGreeting,
      greetingTimeoutMs: command.limits.handshakeTimeoutMs,
      maxFirstBytes: MAX_FIRST_RECORD_BYTES,
      wasEarly: isEarly,
      sentBytes: claim.length,
    });
    child.sendBytes(id, claim);
    link.greeted.then(
      () => this.#handOver(link),
      () => this.#options.onDrop?.('greeting', 1),
    );
  }

  #handOver(link: QuicLink): void {
    if (this.#isClosed) link.destroy();
    else if (this.#onLink === undefined) this.#waiting.push(link);
    else this.#onLink(link);
  }

  #bindError(reason: string, code: string | undefined): VCLError {
    const cause = Object.assign(new Error(reason), code === undefined ? {} : { code });
    const at = `quic://${formatAddress(this.#local)}`;
    const why = code === 'EADDRINUSE' ? 'the port is taken: choose another' : reason;
    return new VCLError('IoError', `cannot listen at ${at}: ${why}`, { cause });
  }
}

function certificateOf({ cert, key, servername, address }: ListenQuicOptions): {
  readonly cert: string;
  readonly key: string;
} {
  if (cert === undefined && key === undefined) return makeCertificate(servername ?? address);
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new VCLError('InvalidConfig', 'a certificate needs its key: set both cert and key, PEM');
}

/** The server's own certificate, DER. @throws VCLError `InvalidConfig` when there is none */
function derOf(cert: string): Uint8Array {
  try {
    return new X509Certificate(cert).raw;
  } catch (cause) {
    throw new VCLError('InvalidConfig', 'cert is no certificate in PEM: check it', { cause });
  }
}
