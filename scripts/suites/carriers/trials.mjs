// What networks do to a session, and what must hold all the same.
import { delay } from '../../lib/carriers/waiting.mjs';
import {
  LOSSY_UDP,
  NO_TCP,
  NO_UDP,
  ONLY_443,
  ONLY_TLS,
  ONLY_TLS_AND_HTTP,
  RESET_TCP,
} from './filters.mjs';

const FIRST_DATA_LIMIT_MS = 2_000;
const CABLE_OUT_MS = 5_000;
const RESETS = 5;
/** Long enough for packets of both sides to come by. */
const RESET_MS = 300;
const SILENCE_MS = 1_500;
/** After so long a transfer over a shared link is in its middle. */
const MIDDLE_MS = 1_000;
/** What they all transfer, in quarters: more than passes in that time. */
const PARTS = 3;

/** No datagram ever passes. */
export async function udpDroppedAtStart({ network, link, bytes }) {
  network.filter(...NO_UDP);
  const { carrier, connectedMs, firstDataMs } = await link.connect();
  const problems = onCarrier(carrier, 'tcp');
  if (firstDataMs > FIRST_DATA_LIMIT_MS) problems.push('first data took more than 2 s');
  problems.push(...(await link.transfer(quarter(bytes))).problems);
  problems.push(...(await link.close()));
  return { note: `connected in ${ms(connectedMs)}, first data in ${ms(firstDataMs)}`, problems };
}

/** Datagrams are dropped, pass again, and are dropped again, each time in the middle of a transfer. */
export async function udpDroppedInBetween({ network, link, bytes }) {
  const both = { up: bytes, down: bytes };
  const { carrier } = await link.connect();
  const problems = onCarrier(carrier, 'udp');
  const stalls = [];
  const backs = [];
  for (let round = 0; round < 2; round++) {
    const { problems: lost, longestMs } = await link.transfer(both, () =>
      network.filter(...NO_UDP),
    );
    problems.push(...lost, ...onCarrier(await link.carrier(), 'tcp'));
    stalls.push(longestMs);
    network.pass();
    backs.push(await link.reaches('udp'));
  }
  problems.push(...(await link.transfer(quarter(bytes))).problems);
  problems.push(...(await link.close()));
  const note = `stalls of ${stalls.map(ms).join(' and ')}, back on UDP after ${backs.map(ms).join(' and ')}`;
  return { note, problems };
}

/** Datagrams pass until the session is up, and never again. */
export async function udpDroppedAfterHandshake({ network, link, bytes }) {
  await link.connect();
  network.filter(...NO_UDP);
  const { problems, longestMs } = await link.transfer(quarter(bytes));
  problems.push(...onCarrier(await link.carrier(), 'tcp'));
  problems.push(...(await link.close()));
  return { note: `a stall of ${ms(longestMs)}`, problems };
}

/** One side only sends, the other one only receives. @param direction `up` or `down` */
export function oneWay(direction) {
  return async ({ network, link, bytes }) => {
    const { carrier } = await link.connect();
    const problems = onCarrier(carrier, 'udp');
    const only = { [direction]: bytes / 2 };
    const { problems: lost, longestMs } = await link.transfer(only, () =>
      network.filter(...NO_UDP),
    );
    problems.push(...lost, ...onCarrier(await link.carrier(), 'tcp'));
    problems.push(...(await link.close()));
    return { note: `a stall of ${ms(longestMs)}`, problems };
  };
}

/** Datagrams are dropped in one direction. @param rules which one */
export function oneWayDropped(rules) {
  return async ({ network, link, bytes }) => {
    await link.connect();
    const both = quarter(bytes);
    const { problems, longestMs } = await link.transfer(both, () => network.filter(...rules));
    problems.push(...onCarrier(await link.carrier(), 'tcp'));
    problems.push(...(await link.close()));
    return { note: `a stall of ${ms(longestMs)}`, problems };
  };
}

/** Datagrams are dropped, then TCP is, while datagrams pass again. */
export async function turnAbout({ network, link, bytes }) {
  await link.connect();
  const both = quarter(bytes);
  const first = await link.transfer(both, () => network.filter(...NO_UDP));
  const problems = [...first.problems, ...onCarrier(await link.carrier(), 'tcp')];
  const second = await link.transfer(both, () => network.filter(...NO_TCP));
  problems.push(...second.problems, ...onCarrier(await link.carrier(), 'udp'));
  problems.push(...(await link.close()));
  return { note: `stalls of ${ms(first.longestMs)} and ${ms(second.longestMs)}`, problems };
}

/** The network begins to drop datagrams while nobody says anything. */
export async function droppedInSilence({ network, link }) {
  await link.connect();
  await delay(SILENCE_MS);
  network.filter(...NO_UDP);
  await delay(SILENCE_MS);
  const problems = [];
  const times = [];
  for (const direction of ['up', 'down']) {
    const { problems: lost, longestMs } = await link.transfer({ [direction]: 1_000 });
    problems.push(...lost);
    times.push(longestMs);
    if (longestMs > FIRST_DATA_LIMIT_MS) problems.push(`${direction}: it took more than 2 s`);
  }
  problems.push(...(await link.close()));
  return { note: `messages up and down took ${times.map(ms).join(' and ')}`, problems };
}

/** Persistent heavy loss of datagrams. */
export async function heavyLoss({ network, link, bytes }) {
  await link.connect();
  network.filter(...LOSSY_UDP);
  const start = performance.now();
  const { problems } = await link.transfer(quarter(bytes));
  const seconds = (performance.now() - start) / 1000;
  const carrier = await link.carrier();
  problems.push(...onCarrier(carrier, 'tcp'), ...(await link.close()));
  return { note: `in ${seconds.toFixed(1)} s, then on ${carrier}`, problems };
}

/** No datagram passes, and the connection that stands in for them is reset, again and again. */
export async function droppedAndReset({ network, link, bytes }) {
  await link.connect();
  const drop = () => network.filter(...NO_UDP);
  const { problems, longestMs } = await link.transfer(quarter(bytes), drop);
  const stalls = [longestMs];
  for (let round = 0; round < RESETS; round++) {
    const { problems: lost, longestMs: stall } = await link.transfer(
      quarter(bytes / 2),
      async () => {
        network.filter(...NO_UDP, ...RESET_TCP);
        await delay(RESET_MS);
        network.filter(...NO_UDP);
      },
    );
    problems.push(...lost);
    stalls.push(stall);
  }
  network.pass();
  const backMs = await link.reaches('udp');
  problems.push(...(await link.close()));
  return { note: `stalls of ${stalls.join(', ')} ms, back on UDP after ${ms(backMs)}`, problems };
}

/** The carrier that stands in for datagrams is dropped at once, while they pass again. */
export async function hastyTurnAbout({ network, link, bytes }) {
  await link.connect();
  const { problems, longestMs } = await link.transfer(quarter(bytes), async () => {
    network.filter(...NO_UDP);
    await link.reaches('tcp');
    network.filter(...NO_TCP);
  });
  problems.push(...onCarrier(await link.carrier(), 'udp'));
  problems.push(...(await link.close()));
  return { note: `a stall of ${ms(longestMs)}`, problems };
}

/** Only TCP to port 443 passes. */
export async function only443({ network, link, bytes, certificate }) {
  return await through(ONLY_443, 'tcp', { network, link, bytes, certificate });
}

/** And only what looks like the web. */
export async function onlyTlsAndHttp({ network, link, bytes, certificate }) {
  return await through(ONLY_TLS_AND_HTTP, 'websocket', { network, link, bytes, certificate });
}

export async function onlyTls({ network, link, bytes, certificate }) {
  return await through(ONLY_TLS, 'websocket', { network, link, bytes, certificate });
}

async function through(rules, wanted, { network, link, bytes, certificate }) {
  network.filter(...rules);
  const { carrier, firstDataMs } = await link.connect({ port: 443, certificate });
  const problems = onCarrier(carrier, wanted);
  problems.push(...(await link.transfer(quarter(bytes))).problems);
  problems.push(...(await link.close()));
  return { note: `over ${carrier}, first data in ${ms(firstDataMs)}`, problems };
}

/** The connection is reset with full buffers, five times in one session. @param scheme of the client */
export function resets(scheme) {
  return async ({ network, link, bytes, certificate }) => {
    await link.connect({ scheme, certificate });
    const problems = [];
    const stalls = [];
    for (let round = 0; round < RESETS; round++) {
      const { problems: lost, longestMs } = await link.transfer(quarter(bytes / 2), async () => {
        network.filter(...RESET_TCP);
        await delay(RESET_MS);
        network.pass();
      });
      problems.push(...lost);
      stalls.push(longestMs);
    }
    const changes = await link.changes();
    if (changes < RESETS) problems.push(`the client changed carriers ${changes} times only`);
    problems.push(...(await link.close()));
    return { note: `stalls of ${stalls.join(', ')} ms`, problems };
  };
}

/** The cable of all clients is out for 5 s. @param schemes one client each; '' for the automatic choice */
export function cableOut(schemes) {
  return async ({ network, openLink, bytes, certificate }) => {
    const starts = schemes.map(async (scheme) => {
      const link = openLink();
      return { link, scheme, ...(await link.connect({ scheme, certificate })) };
    });
    const all = await Promise.all(starts);
    const both = quarter((PARTS * bytes) / schemes.length);
    const surviving = all.map((one) => survive(one, both));
    await delay(MIDDLE_MS);
    network.unplug();
    await delay(CABLE_OUT_MS);
    network.plug();
    const outcomes = await Promise.all(surviving);
    return {
      note: outcomes.map(({ note }) => note).join('; '),
      problems: outcomes.flatMap(({ problems }) => problems),
    };
  };
}

async function survive({ link, scheme, carrier }, bytes) {
  const { problems, longestMs } = await link.transfer(bytes);
  const after = await link.carrier();
  problems.push(...(await link.close()));
  if (longestMs < CABLE_OUT_MS) problems.push('it was over before the cable was out');
  const name = scheme || 'auto';
  const note = `${name}: ${carrier}, then ${after}, a stall of ${ms(longestMs)}`;
  return { note, problems: problems.map((problem) => `${name}: ${problem}`) };
}

/** What several rounds of a trial transfer, each. */
function quarter(bytes) {
  return { up: bytes / 4, down: bytes / 4 };
}

function onCarrier(carrier, wanted) {
  return carrier === wanted ? [] : [`the session is on ${carrier}, not ${wanted}`];
}

function ms(time) {
  return `${Math.round(time)} ms`;
}
