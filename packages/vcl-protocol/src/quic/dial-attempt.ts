import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { VCLError } from '@vcl-protocol/core';
import type { ChildUser, QuicChild } from './child-process.js';
import type { QuicTarget } from './dial.js';
import { framed, PREFACE } from './greeting.js';
import { DEFAULT_ALPN, DIAL_TIMEOUT_MS, type DialQuicOptions, limitsOf } from './options.js';
import type { Place, Report } from './pipe/control.js';
import { QuicLink, type QuicLinkOptions } from './quic-link.js';
import { ServerProof } from './server-proof.js';
import type { QuicSession } from './session-store.js';

/** What a {@link DialAttempt} is made of. */
export interface DialAttemptOptions {
  readonly child: QuicChild;
  readonly target: QuicTarget;
  /** One of its addresses. */
  readonly peer: Place;
  /** PEM; undefined to verify by the identity alone. */
  readonly ca: string | undefined;
  readonly options: DialQuicOptions;
}

/** A link that was opened from here. */
export class DialedQuicLink extends QuicLink {
  readonly #proof: ServerProof;

  constructor(options: Omit<QuicLinkOptions, 'greeting'>, proof: ServerProof) {
    super({ ...options, greeting: proof });
    this.#proof = proof;
  }

  /**
   * The VCL identity, 32 bytes, that has signed the server's certificate. Of an early link, until
   * its server has spoken, the one of the connection before.
   */
  get claimedIdentity(): Uint8Array | undefined {
    return this.#proof.identity;
  }
}

/** The process gives up after who waits has, whose word counts, ms. */
const GIVE_UP_LATER_MS = 1_000;

/** Connects to one address. */
export class DialAttempt implements ChildUser {
  readonly #options: DialAttemptOptions;
  readonly #proof: ServerProof;
  readonly #session: QuicSession | undefined;
  readonly #id: number;
  #sentBytes = 0;
  #link: DialedQuicLink | undefined;
  #resolve: (link: DialedQuicLink) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(attempt: DialAttemptOptions) {
    const { child, options, target, ca } = attempt;
    const { sessions, serverKey, servername } = options;
    // A session is as good as the check that its server has passed: another check, another session.
    const trust = ca === undefined ? '' : createHash('sha256').update(ca).digest('hex');
    const key = `${target.host} ${target.port} ${servername ?? ''} ${trust}`;
    const session = sessions?.take(key);
    this.#options = attempt;
    this.#session = isOf(session, serverKey) ? session : undefined;
    this.#proof = new ServerProof({
      serverKey,
      name: ca === undefined ? undefined : (servername ?? target.host),
      session: this.#session,
      onSession: (fresh) => sessions?.put(key, fresh),
    });
    this.#id = child.add(this);
  }

  /** @throws Error why it is not connected; the reason of the signal */
  run(signal: AbortSignal): Promise<DialedQuicLink> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#abandon();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#resolve = (link) => {
        signal.removeEventListener('abort', onAbort);
        resolve(link);
      };
      this.#reject = (error) => {
        signal.removeEventListener('abort', onAbort);
        this.#options.child.remove(this.#id);
        reject(error);
      };
      this.#begin();
    });
  }

  onReport(report: Report): void {
    if (report.event === 'early') this.#resolve(this.#newLink(report, true));
    else if (report.event === 'established') this.#onEstablished(report);
    else if (report.event === 'closed') {
      const { reason = 'the server has ended it', code } = report;
      this.#reject(Object.assign(new Error(reason), code === undefined ? {} : { code }));
    }
  }

  onStream(): void {}

  onDatagram(): void {}

  onCredit(bytes: number): void {
    this.#sentBytes -= bytes;
  }

  onChildLost(error: VCLError): void {
    this.#reject(error);
  }

  #abandon(): void {
    if (this.#link !== undefined) {
      this.#link.destroy();
      return;
    }
    this.#options.child.command(this.#id, { op: 'destroy' });
    this.#options.child.remove(this.#id);
  }

  #begin(): void {
    const { child, peer, ca, target, options } = this.#options;
    const { servername, alpn = DEFAULT_ALPN, localAddress, early = false } = options;
    const { timeoutMs = DIAL_TIMEOUT_MS } = options;
    const named = isIP(target.host) === 0 ? target.host : undefined;
    const session = this.#session;
    child.command(this.#id, {
      op: 'dial',
      peer,
      localAddress,
      serverName: servername ?? named,
      alpn,
      ca,
      session: session === undefined ? undefined : Buffer.from(session.ticket).toString('base64'),
      isEarly: early && session !== undefined,
      limits: limitsOf({ ...options, handshakeTimeoutMs: timeoutMs + GIVE_UP_LATER_MS }),
    });
    const preface = framed(PREFACE);
    child.sendBytes(this.#id, preface);
    this.#sentBytes = preface.length;
    for (const record of options.earlyRecords ?? []) {
      child.sendRecord(this.#id, record);
      this.#sentBytes += 2 + record.length;
    }
    child.flush();
  }

  #onEstablished(report: Report & { readonly event: 'established' }): void {
    const link = this.#newLink(report, false);
    this.#link = link;
    link.onReport(report);
    link.greeted.then(
      () => this.#resolve(link),
      (error) => this.#reject(error),
    );
  }

  #newLink(
    { local, maxDatagramBytes }: { readonly local: Place; readonly maxDatagramBytes: number },
    wasEarly: boolean,
  ): DialedQuicLink {
    const { child, peer, options } = this.#options;
    return new DialedQuicLink(
      {
        child,
        id: this.#id,
        peer,
        local,
        maxDatagramBytes,
        greetingTimeoutMs: options.timeoutMs ?? DIAL_TIMEOUT_MS,
        wasEarly,
        sentBytes: this.#sentBytes,
      },
      this.#proof,
    );
  }
}

/** Whether a session is of the server that is wanted. */
function isOf(session: QuicSession | undefined, serverKey: Uint8Array | undefined): boolean {
  if (session === undefined) return false;
  return serverKey === undefined || Buffer.compare(session.identity, serverKey) === 0;
}
