import { type ClientHello, decodeClientHello } from './client-hello.js';
import { type Drop, isDrop } from './drop-reason.js';
import { decodeFinishFlight, decodeHelloFlight } from './flights.js';
import { completeHandshake, type HandshakeResult } from './handshake-result.js';
import { wipeHandshakeSecrets } from './key-schedule.js';
import { checkPsk } from './psk.js';
import { ATTEMPT_BYTES, ATTEMPT_LIFETIME_MS } from './registry.js';
import { openAuthentication } from './sealed.js';
import { type Answer, makeAnswer, type ResponderOptions } from './server-answer.js';

/** A client that proved its identity; whether it may stay is the server's policy. */
export interface AuthenticatedPeer {
  readonly type: 'peer';
  readonly clientKey: Uint8Array;
  readonly result: HandshakeResult;
}

/** The server's side of one attempt, from the hello to the client's finish (SPEC 4). */
export class Responder {
  /** The first 8 bytes of the client's random. */
  readonly attempt: Uint8Array;
  /** When the attempt is over, in milliseconds. */
  readonly expiresAt: number;
  readonly #options: ResponderOptions;
  readonly #answer: Answer;
  #flightsGiven = 0;
  #finish: Uint8Array | undefined;
  #peer: AuthenticatedPeer | undefined;

  private constructor(options: ResponderOptions, answer: Answer) {
    this.#options = options;
    this.#answer = answer;
    this.attempt = answer.hello.random.slice(0, ATTEMPT_BYTES);
    this.expiresAt = options.now + ATTEMPT_LIFETIME_MS;
  }

  /**
   * Answers a hello: one X25519, one signature. Load and cookies are decided before, by HelloGate.
   *
   * @throws VCLError `InvalidKey` for a bad pre-shared key, `InvalidConfig` for bad parameters;
   * never for what the client sent
   */
  static respond(options: ResponderOptions): Responder | Drop {
    checkPsk(options.psk);
    const messages = decodeHelloFlight(options.clientHelloFlight);
    const hello = messages && decodeClientHello(messages.hello);
    if (messages === undefined || hello === undefined) return { drop: 'malformed' };
    const answer = makeAnswer(options, hello, messages.hello);
    return isDrop(answer) ? answer : new Responder(options, answer);
  }

  /** What the client says about itself; its own words until {@link handleFinish} gives a peer. */
  get clientHello(): ClientHello {
    return this.#answer.hello;
  }

  /** The code this answer refuses with, 0 for none. After a refusal nothing needs to be kept. */
  get refused(): number {
    return this.#answer.serverHello.refuse;
  }

  /**
   * The flight to seal into an envelope, the same at every call. Call it once for each envelope: a
   * flight given once makes the time until the finish a round-trip sample.
   */
  flight(): Uint8Array {
    this.#flightsGiven++;
    return this.#answer.flight;
  }

  /** Takes what an envelope of kind 3 of this attempt held. A repeated finish gives the same peer. */
  handleFinish(flight: Uint8Array, now: number): AuthenticatedPeer | Drop {
    const { crypto } = this.#options;
    if (this.#peer !== undefined && this.#finish !== undefined) {
      return crypto.equal(this.#finish, flight) ? this.#peer : { drop: 'unexpected' };
    }
    if (now >= this.expiresAt) return { drop: 'late' };
    if (this.refused !== 0) return { drop: 'refused' };
    const sealed = decodeFinishFlight(flight);
    if (sealed === undefined) return { drop: 'malformed' };
    const peer = this.#authenticate(sealed, now);
    if (isDrop(peer)) return peer;
    this.#finish = flight.slice();
    this.#peer = peer;
    return peer;
  }

  /** Fills the handshake's secrets with zeros; the keys of a result stay the caller's. */
  wipe(): void {
    wipeHandshakeSecrets(this.#answer.secrets);
    this.#answer.early.fill(0);
  }

  #authenticate(sealed: Uint8Array, now: number): AuthenticatedPeer | Drop {
    const { crypto, identity, allowSelf, params } = this.#options;
    const { helloHash, secrets, transcript, hello } = this.#answer;
    const opened = openAuthentication(
      { crypto, sender: 'client', secret: secrets.client, helloHash, transcript },
      sealed,
    );
    if (isDrop(opened)) return opened;
    const clientKey = opened.publicKey;
    if (!allowSelf && crypto.equal(clientKey, identity.publicKey)) return { drop: 'self' };
    if (hello.params.evidence !== params.evidence) return { drop: 'evidence' };
    const result = this.#complete(clientKey, opened.transcript, now);
    this.wipe();
    return { type: 'peer', clientKey, result };
  }

  #complete(clientKey: Uint8Array, transcript: Uint8Array, now: number): HandshakeResult {
    const { crypto, outer, identity, keyLog } = this.#options;
    const { hello, serverHello, early, secrets } = this.#answer;
    return completeHandshake({
      crypto,
      outer,
      early,
      secrets,
      clientRandom: hello.random,
      transcript,
      keyLog: keyLog ?? false,
      rttSampleMs: this.#flightsGiven === 1 ? now - this.#options.now : undefined,
      known: {
        role: 'server',
        version: serverHello.version,
        serverKey: identity.publicKey.slice(),
        clientKey,
        peerParams: hello.params,
        peerCid: hello.clientCid,
        localCid: serverHello.serverCid,
      },
    });
  }
}
