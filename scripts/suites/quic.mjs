// The QUIC suite: the links of vcl-protocol/quic on loopback, what hostile and broken networks do to
// them, and what becomes of them when the process that runs QUIC is killed or hangs.
// `npm run quic [-- --full] [-- --only word]`
import { parseArgs } from 'node:util';
import { describeQuic } from '../../packages/vcl-protocol/dist/quic/index.js';
import { Checks } from './attack/checks.mjs';
import { early, replayed } from './quic/early-trials.mjs';
import { hanging, killed, orphaned } from './quic/fault-trials.mjs';
import { datagrams, echo, wrongServers } from './quic/link-trials.mjs';
import { garbage, manyConnections, slowReader } from './quic/load-trials.mjs';
import { migration, newAddress } from './quic/move-trials.mjs';
import { earlyInSession, killedUnderSession } from './quic/session-trials.mjs';

const MIB = 1 << 20;
const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const { full } = values;

const trials = [
  ['records go both ways, whole and in order', () => echo(full ? 256 * MIB : 32 * MIB)],
  ['datagrams go both ways, and most arrive', () => datagrams(full ? 20_000 : 2_000)],
  ['servers that are not the wanted one are refused', wrongServers],
  ['with a session the first record arrives before the handshake ends', early],
  ['a replayed 0-RTT flight opens another carrier and no more', replayed],
  ['early data of a session comes before its handshake ends, and never twice', earlyInSession],
  ['a client moves in mid-transfer without loss', () => migration(full ? 256 * MIB : 32 * MIB)],
  ['a client gets another address in mid-transfer', () => newAddress(full ? 128 * MIB : 16 * MIB)],
  ['the process is killed: links are lost within a second', killed],
  ['the process is killed under a session', () => killedUnderSession(full ? 512 * MIB : 64 * MIB)],
  ['the process hangs: the heartbeat finds it', hanging],
  ['the process ends with its parent', orphaned],
  ['junk does no harm', () => garbage(full ? 200_000 : 20_000)],
  ['memory stays flat over many connections', () => manyConnections(full ? 10_000 : 1_000)],
  ['a slow reader bounds the memory', () => slowReader(512 * MIB)],
];

const checks = new Checks();
const { available, reason } = describeQuic();
for (const [name, trial] of trials.filter(([name]) => name.includes(values.only))) {
  if (available) await checks.run(name, trial);
  else checks.skip(name, reason);
}
checks.finish();
