import {
  authFlight,
  firstEpoch,
  handshakeKeys,
  helloTranscript,
  record,
  sessionId,
} from './key-schedule.js';
import {
  type ClientHello,
  clientHelloTerm,
  ENVELOPE_KIND,
  envelope,
  type ServerHello,
  serverHelloTerm,
  showClientHello,
  showServerHello,
} from './messages.js';
import { type Identity, identitySecret, type Protocol } from './protocol.js';
import { clientRekeySteps, DONE, message, rekeyInit, signerFrame } from './rekey.js';
import {
  acceptsPeer,
  envelopeKeyOf,
  freshNames,
  freshOf,
  requiresPq,
  type Session,
  type SessionConfig,
  type Step,
  step,
  type World,
} from './roles.js';
import { dh, LOW_ORDER_POINT, point, type Term, tuple } from './term.js';

/** A client that has just sent its hello. */
export function startClient(config: SessionConfig, protocol: Protocol): Session {
  const hello = clientHelloOf(config, protocol);
  const sent = envelope(
    envelopeKeyOf(config),
    ENVELOPE_KIND.clientHello,
    hello.base.random,
    clientHelloTerm(hello),
  );
  return { config, stage: 'hello', history: config.id, sent: [sent], hello };
}

/** The hello of a client with this configuration. */
export function clientHelloOf(config: SessionConfig, protocol: Protocol): ClientHello {
  const fresh = freshNames(config.id, protocol, config.owner);
  const { versions, suites, params } = config;
  return { base: fresh.base, versions, suites, share: point(fresh.scalar), params };
}

/** Every message a client would take now, within the bounds. */
export function clientSteps(session: Session, world: World): readonly Step[] {
  switch (session.stage) {
    case 'hello':
      return world.domains.serverHellos
        .filter((answer) => isUsable(session.config, answer, world.protocol))
        .flatMap((answer) => takeFlight(session, answer, world));
    case 'finished':
      return takeDone(session, world);
    default:
      return clientRekeySteps(session, world);
  }
}

/** What a client checks in SH before it looks at signatures. */
function isUsable(config: SessionConfig, answer: ServerHello, protocol: Protocol): boolean {
  if (answer.share === LOW_ORDER_POINT && !protocol.has('lowOrderAccepted')) return false;
  if (!config.suites.includes(answer.suite) || config.params.psk !== answer.params.psk)
    return false;
  if (answer.refuse !== 0) return true;
  const policies = [config.params.pq, answer.params.pq];
  return (
    config.versions.includes(answer.version) &&
    config.params.evidence === answer.params.evidence &&
    !(policies.includes('off') && policies.includes('require'))
  );
}

/** SH with ID_S, AUTH_S and FIN_S of each identity that the client would accept. */
function takeFlight(session: Session, answer: ServerHello, world: World): readonly Step[] {
  const { protocol } = world;
  const hello = session.hello as ClientHello;
  const fresh = freshOf(session, protocol);
  const hellos = helloTranscript(protocol, hello, answer);
  const inputs = { psk: session.config.psk, shared: dh(fresh.scalar, answer.share) };
  const keys = handshakeKeys(protocol, inputs, hellos);
  return world.domains.identities
    .filter((peer) => acceptsPeer(session.config, peer, protocol))
    .map((peer) => {
      const proof = { side: 'server', identity: peer, keys, transcript: hellos } as const;
      const flight = authFlight(protocol, proof);
      const requires = envelope(
        envelopeKeyOf(session.config),
        ENVELOPE_KIND.serverFlight,
        fresh.base.random,
        tuple(serverHelloTerm(answer), flight.sealed),
      );
      const known = { ...session, answer, peer, keys, flight };
      const line = `takes ${showServerHello(answer)} and a flight of ${peer}`;
      return answer.refuse === 0
        ? finish(known, requires, { transcript: [...hellos, ...flight.messages], line, world })
        : step(known, requires, { stage: 'refused' }, { line: `${line}: refused` });
    });
}

function finish(
  session: Session,
  requires: Term,
  context: { readonly transcript: readonly Term[]; readonly line: string; readonly world: World },
): Step {
  const { protocol } = context.world;
  const { config } = session;
  const { transcript } = context;
  const keys = session.keys as NonNullable<Session['keys']>;
  const peer = session.peer as Identity;
  const proof = { side: 'client', identity: config.owner, peer, keys, transcript } as const;
  const own = authFlight(protocol, proof);
  const epoch = firstEpoch(protocol, keys.master, [...transcript, ...own.messages]);
  const version = (session.answer as ServerHello).version;
  const sid = sessionId(version, config.owner, peer, epoch.eth);
  const random = freshOf(session, protocol).base.random;
  const sent = envelope(envelopeKeyOf(config), ENVELOPE_KIND.clientFinish, random, own.sealed);
  const peerSigner = identitySecret(peer);
  return step(
    session,
    requires,
    { stage: 'finished', epoch, sid, peerSigner },
    // A session log may be published: th is no secret.
    { sends: [sent, epoch.eth], line: `${context.line}; sends its finish` },
  );
}

/** HANDSHAKE_DONE, with the server's SIGNER in session evidence. */
function takeDone(session: Session, world: World): readonly Step[] {
  const epoch = session.epoch as NonNullable<Session['epoch']>;
  const done = (...frames: readonly Term[]) =>
    record(epoch, { direction: 1, epoch: 0, number: 0 }, DONE, ...frames);
  const sends = firstRecords(session, world);
  const line = `takes HANDSHAKE_DONE from ${session.peer}`;
  if (session.config.params.evidence === 'identity') {
    return [step(session, done(), { stage: 'accepted' }, { sends, line })];
  }
  return world.domains.signers.map((signer) =>
    step(
      session,
      done(signerFrame(signer)),
      { stage: 'accepted', peerSigner: signer },
      { sends, line: `${line} and SIGNER ${signer.label}` },
    ),
  );
}

function firstRecords(session: Session, world: World): readonly Term[] {
  const epoch = session.epoch as NonNullable<Session['epoch']>;
  const fresh = freshOf(session, world.protocol);
  const send = (number: number, frame: Term) =>
    record(epoch, { direction: 0, epoch: 0, number }, frame);
  const records: Term[] = [];
  if (session.config.params.evidence === 'session')
    records.push(send(0, signerFrame(fresh.signer)));
  if (session.config.script === 'rekey') records.push(send(1, rekeyInit(session, world.protocol)));
  else if (!requiresPq(session) || world.protocol.has('pqRequireIgnored')) {
    records.push(send(2, message(fresh.payload)));
  }
  return records;
}

/** The opening line of a trace about this client. */
export const showStart = (session: Session): string =>
  `${session.config.id} sends ${showClientHello(session.hello as ClientHello)}`;
