import { MemoryQuicSessionStore } from '../../../packages/vcl-protocol/dist/quic/index.js';
import { atPlace, listenTo, pause, until } from './place.mjs';
import { Relay } from './relay.mjs';

const FIRST = Buffer.from('sent before the handshake has ended');

/** Connects once for a session, then early. Gives the early link and its other end. */
async function connectEarly(place, port = place.port, beforeSecond = () => undefined) {
  const sessions = new MemoryQuicSessionStore();
  const options = { sessions, early: true };
  const [first, other] = await place.pair(options, port);
  const heard = listenTo(first);
  listenTo(other);
  other.send(FIRST);
  other.flush();
  await until(() => heard.records > 0);
  await first.close();
  beforeSecond();
  return await place.pair({ ...options, earlyRecords: [FIRST] }, port);
}

/** The first record is there before the server has seen the end of the handshake. */
export function early() {
  return atPlace({}, async (place) => {
    const [client, server] = await connectEarly(place);
    const heard = listenTo(server);
    await until(() => heard.records > 0);
    const problems = [];
    if (!client.wasEarly) problems.push('the client has waited for the handshake');
    if (!server?.wasEarly) problems.push('the record came after the handshake');
    if (heard.records !== 1) problems.push(`${heard.records} records came`);
    await client.close();
    return { note: undefined, problems };
  });
}

/**
 * Who records an early flight and sends it again while the connection lives meets that connection.
 * Afterwards it opens a carrier with the same first record: QUIC does not catch that, and does not
 * have to. The carrier leads nowhere, as answers go to whoever cannot read them; that what was sealed
 * in the record counts once is for the session to see.
 */
export function replayed() {
  return atPlace({}, async (place) => {
    const relay = await Relay.open(place.port);
    const problems = [];
    try {
      const clear = () => relay.recorded.splice(0);
      const [client, server] = await connectEarly(place, relay.port, clear);
      const heard = listenTo(server);
      await until(() => heard.records > 0);
      const flight = [...relay.recorded];
      await relay.replay(flight);
      if ((await place.next(500)) !== undefined) problems.push('it opens a carrier at once');
      client.send(FIRST);
      client.flush();
      if (!(await until(() => heard.records === 2))) problems.push('the true link has suffered');
      await client.close();
      await relay.replay(flight);
      const again = await place.next(1_000);
      const copies = again === undefined ? undefined : listenTo(again);
      await until(() => (copies?.records ?? 1) > 0, 1_000);
      if (again !== undefined && !again.wasEarly) problems.push('the replay finished a handshake');
      again?.destroy();
      const seen = again === undefined ? 'nothing' : `a carrier with ${copies.records} record`;
      return { note: `after the end: ${seen}, which the session refuses`, problems };
    } finally {
      await pause(20);
      relay.close();
    }
  });
}
