import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';
import type { Greeting } from './greeting.js';
import type { Report } from './pipe/control.js';
import type { QuicSession } from './session-store.js';
import { CLAIM_BYTES, certificateHash, verifyClaim } from './tls/identity-claim.js';

/** What a {@link ServerProof} is made of. */
export interface ServerProofOptions {
  /** The identity that has to be proved; undefined for any. */
  readonly serverKey: Uint8Array | undefined;
  /** The name or address that the certificate must have; undefined for any. */
  readonly name: string | undefined;
  /** The session that the connection begins with. */
  readonly session: QuicSession | undefined;
  /** A session of a server that has proved who it is. */
  readonly onSession: (session: QuicSession) => void;
}

/** Finds out who a server is: whose claim on its certificate it shows, and whether that will do. */
export class ServerProof implements Greeting {
  readonly length: number = CLAIM_BYTES;
  readonly #options: ServerProofOptions;
  #certificateHash: Uint8Array | undefined;
  #identity: Uint8Array | undefined;
  #isProved = false;
  #ticket: Uint8Array | undefined;

  constructor(options: ServerProofOptions) {
    this.#options = options;
    this.#certificateHash = options.session?.certificateHash;
    this.#identity = options.session?.identity;
  }

  /** Who the server says it is; before it has proved that, the one that the session is of. */
  get identity(): Uint8Array | undefined {
    return this.#identity;
  }

  onEstablished({
    chain,
    isResumed,
  }: Report & { readonly event: 'established' }): VCLError | undefined {
    // Who resumes has the secrets of the session, which were agreed with the certificate of then.
    if (isResumed) return undefined;
    const [first] = chain;
    const certificate = first === undefined ? undefined : read(Buffer.from(first, 'base64'));
    if (certificate === undefined) return refusal('it has shown no certificate that can be read');
    this.#certificateHash = certificateHash(certificate.raw);
    const { name } = this.#options;
    return name === undefined || isFor(certificate, name)
      ? undefined
      : refusal(`its certificate is not for ${name}: connect to its name, or set servername`);
  }

  check(claim: Uint8Array): VCLError | undefined {
    const hash = this.#certificateHash;
    const crypto = platform.chooseProvider();
    const identity = hash === undefined ? undefined : verifyClaim(claim, hash, crypto);
    if (identity === undefined) return refusal('its claim on the certificate is wrong');
    const { serverKey, session } = this.#options;
    if (serverKey !== undefined && !crypto.equal(identity, serverKey)) {
      return refusal('it has another identity than the one that is expected');
    }
    if (session !== undefined && !crypto.equal(identity, session.identity)) {
      return refusal('it has another identity than in the session before');
    }
    this.#identity = identity;
    this.#isProved = true;
    if (this.#ticket !== undefined) this.onSession(this.#ticket);
    return undefined;
  }

  onSession(ticket: Uint8Array): void {
    this.#ticket = ticket;
    const identity = this.#identity;
    const hash = this.#certificateHash;
    if (!this.#isProved || identity === undefined || hash === undefined) return;
    this.#options.onSession({ ticket, identity, certificateHash: hash });
  }
}

function read(bytes: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}

function isFor(certificate: X509Certificate, name: string): boolean {
  const found = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
  return found !== undefined;
}

function refusal(why: string): VCLError {
  return new VCLError('HandshakeFailed', `the server was refused: ${why}`);
}
