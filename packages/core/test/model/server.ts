import {
  authFlight,
  expandLabel,
  firstEpoch,
  type HandshakeKeys,
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
import { type Identity, identitySecret } from './protocol.js';
import { DONE, message, receipt, serverRekeySteps, signerFrame } from './rekey.js';
import {
  acceptsPeer,
  envelopeKeyOf,
  freshOf,
  requiresPq,
  type Session,
  type SessionConfig,
  type Step,
  step,
  type World,
} from './roles.js';
import { dh, hash, LOW_ORDER_POINT, point, type Term, tuple } from './term.js';

/** Close codes a server may refuse with (SPEC 9.2). */
export const REFUSAL = { version: 12, pqRequired: 13 } as const;

/** A listener that waits for a hello. */
export const startServer = (config: SessionConfig): Session => ({
  config,
  stage: 'idle',
  history: config.id,
  sent: [],
});

/** Every message a server would take now, within the bounds; after a refusal it keeps no state (SPEC 4.1). */
export function serverSteps(session: Session, world: World): readonly Step[] {
  switch (session.stage) {
    case 'idle':
      return world.domains.clientHellos.flatMap((hello) => takeHello(session, hello, world));
    case 'answered':
      if (session.answer?.refuse !== 0) return [];
      return world.domains.identities
        .filter((peer) => acceptsPeer(session.config, peer, world.protocol))
        .map((peer) => takeFinish(session, peer, world));
    default:
      return serverRekeySteps(session, world);
  }
}

/** The server's choice, or undefined when the hello is dropped. */
function answerTo(session: Session, hello: ClientHello, world: World): ServerHello | undefined {
  const { config } = session;
  const suite = config.suites.find((own) => hello.suites.includes(own));
  if (suite === undefined || hello.params.psk !== config.params.psk) return undefined;
  if (hello.share === LOW_ORDER_POINT && !world.protocol.has('lowOrderAccepted')) return undefined;
  const version = config.versions.find((own) => hello.versions.includes(own));
  const policies = [config.params.pq, hello.params.pq];
  const pqFails = policies.includes('off') && policies.includes('require');
  const refuse = version === undefined ? REFUSAL.version : pqFails ? REFUSAL.pqRequired : 0;
  const fresh = freshOf(session, world.protocol);
  return {
    base: fresh.base,
    refuse,
    version: version ?? (config.versions[0] as number),
    suite,
    share: point(fresh.scalar),
    params: config.params,
  };
}

function takeHello(session: Session, hello: ClientHello, world: World): readonly Step[] {
  const answer = answerTo(session, hello, world);
  if (answer === undefined) return [];
  const { config } = session;
  const { protocol } = world;
  const key = envelopeKeyOf(config);
  const random = hello.base.random;
  const hellos = helloTranscript(protocol, hello, answer);
  const shared = dh(freshOf(session, protocol).scalar, hello.share);
  const keys = handshakeKeys(protocol, { psk: config.psk, shared }, hellos);
  const proof = { side: 'server', identity: config.owner, keys, transcript: hellos } as const;
  const flight = authFlight(protocol, proof);
  const body = tuple(serverHelloTerm(answer), flight.sealed);
  const sends = [envelope(key, ENVELOPE_KIND.serverFlight, random, body)];
  if (protocol.has('serverDataEarly')) sends.push(earlyData(session, keys, hellos, world));
  const requires = envelope(key, ENVELOPE_KIND.clientHello, random, clientHelloTerm(hello));
  const line = `takes ${showClientHello(hello)}; answers ${showServerHello(answer)}`;
  return [
    step(
      { ...session, hello, answer, keys, flight },
      requires,
      { stage: 'answered' },
      { sends, line },
    ),
  ];
}

/** FIN_C and all before it, from the identity given. */
function takeFinish(session: Session, peer: Identity, world: World): Step {
  const { protocol } = world;
  const { config } = session;
  const hello = session.hello as ClientHello;
  const answer = session.answer as ServerHello;
  const keys = session.keys as HandshakeKeys;
  const own = (session.flight as NonNullable<Session['flight']>).messages;
  const transcript = [...helloTranscript(protocol, hello, answer), ...own];
  const proof = { side: 'client', identity: peer, peer: config.owner, keys, transcript } as const;
  const flight = authFlight(protocol, proof);
  const epoch = firstEpoch(protocol, keys.master, [...transcript, ...flight.messages]);
  const sid = sessionId(answer.version, peer, config.owner, epoch.eth);
  const key = envelopeKeyOf(config);
  const requires = envelope(key, ENVELOPE_KIND.clientFinish, hello.base.random, flight.sealed);
  const accepted = { ...session, peer, epoch, sid, peerSigner: identitySecret(peer) };
  return step(
    accepted,
    requires,
    { stage: 'accepted' },
    {
      sends: [...firstRecords(accepted, world), epoch.eth],
      line: `takes the finish of ${peer}; sends HANDSHAKE_DONE`,
    },
  );
}

function firstRecords(session: Session, world: World): readonly Term[] {
  const epoch = session.epoch as NonNullable<Session['epoch']>;
  const fresh = freshOf(session, world.protocol);
  const send = (number: number, ...frames: readonly Term[]) =>
    record(epoch, { direction: 1, epoch: 0, number }, ...frames);
  const signer = session.config.params.evidence === 'session' ? [signerFrame(fresh.signer)] : [];
  const records = [send(0, DONE, ...signer)];
  if (session.config.script === 'rekey') records.push(send(1, receipt(session, world.protocol)));
  else if (!requiresPq(session) || world.protocol.has('pqRequireIgnored')) {
    records.push(send(2, message(fresh.payload)));
  }
  return records;
}

function earlyData(
  session: Session,
  keys: HandshakeKeys,
  hellos: readonly Term[],
  world: World,
): Term {
  const secret = expandLabel(keys.master, 's data', hash(...hellos));
  const epoch = { master: keys.master, eth: hash(...hellos), secrets: [secret, secret] } as const;
  const payload = freshOf(session, world.protocol).payload;
  return record(epoch, { direction: 1, epoch: 0, number: 2 }, message(payload));
}
