// Genuine sessions as scripts: two connections talk to each other, and what one of them is told is
// written down with what its application did.
import { ChaChaMask } from '../../../packages/core/dist/crypto/chacha-block.js';
import { RecordHeader, unmaskHeader } from '../../../packages/core/dist/wire/record-header.js';
import { makeConnection } from './connection-maker.mjs';
import { Action, delayCode, writeScript } from './script.mjs';
import { Victim } from './victim.mjs';

const TAG_BYTES = 16;
const MAX_SCRIPT_BYTES = 16_384;

/** What both applications do, turn by turn: of the victim and of its peer. `-` loses the next datagram to it. */
const STORIES = [
  ['R.', '.R', 'RL', 'LR', '..', '.C', '..', 'T.', '..'],
  ['.B', '..', 'B.', '..', 'T.', '.T', 'P.', '.P', '..'],
  ['.b-', '.L-', '.b', '.L', 'T.', '.T', '.T', '..', '..'],
  ['O.', '..', 'R.', '.R', '.O', '..', '.R', '..'],
  ['.O', '..', '.R', 'R.', 'O.', '..', 'T.', '..'],
  ['M.', '..', 'R.', '.R', '..', 'T.', '..'],
  ['.M', '..', '.R', 'R.', '..', 'T.', '..'],
  ['H.', '.B', '.B', '.b', 'T.', 'E.', '..', '..'],
  ['RR', 'RR', 'LL', 'C.', '..', '.C', '..', '..', 'T.'],
  ['b.', 'b.', 'T.', 'T.', 'G.', '..', 'T.', '..'],
];

const ACTIONS = {
  R: Action.SendReliable,
  B: Action.SendLong,
  L: Action.SendLossy,
  b: Action.SendLongLossy,
  O: Action.Rotate,
  M: Action.Migrate,
  P: Action.Ping,
  T: Action.Timeout,
  H: Action.Hold,
  E: Action.Read,
  C: Action.Close,
  G: Action.GiveUp,
};

const TURN_MS = 25;

/** @returns one script for each story and settings, as the victim in that role lives it */
export function recordScripts(role) {
  return STORIES.flatMap((story, index) => {
    const settings = (index & 3) | 4;
    return [record(role, story, settings), record(role, story, settings ^ 1)];
  });
}

function record(role, story, settings) {
  const peerRole = role === 'client' ? 'server' : 'client';
  const [victim, peer] = [new Peer(role, settings), new Peer(peerRole, settings)];
  const ops = [];
  pass(victim, peer, ops, Action.None, false);
  for (const turn of story) {
    const [own, other] = [...turn].map((letter) => ACTIONS[letter] ?? Action.None);
    peer.live.now += TURN_MS;
    peer.live.runTimers(3);
    peer.live.act(other);
    pass(victim, peer, ops, own, turn.endsWith('-'));
  }
  const out = new Uint8Array(MAX_SCRIPT_BYTES);
  return out.slice(0, writeScript({ settings, ops }, out));
}

/** The victim acts, then everything is delivered both ways until both are silent. */
function pass(victim, peer, ops, action, loses) {
  let op = action;
  let form = delayCode(TURN_MS);
  let drop = loses;
  for (let round = 0; round < 12; round++) {
    const packets = peer.take();
    if (drop) packets.shift();
    drop = false;
    if (packets.length === 0) packets.push(undefined);
    for (const packet of packets) {
      if (packet === undefined && op === Action.None && form === 0) continue;
      const { payload = new Uint8Array(0), epochBits = 0, pathId = 0 } = packet ?? {};
      const step = { op: op | (epochBits << 4) | ((pathId & 3) << 6), form, payload };
      ops.push(step);
      victim.live.play(step);
      op = Action.None;
      form = 0;
    }
    const answers = victim.take();
    if (answers.length === 0 && packets[0] === undefined) break;
    for (const { payload, epochBits, pathId } of answers) {
      peer.live.receive(payload, { epochBits, pathId });
    }
  }
}

/** A victim, and what it sends taken out of its masks. */
class Peer {
  #packets = [];
  #header = new RecordHeader();

  constructor(role, settings) {
    const { hpKeys } = makeConnection(role);
    const mask = new ChaChaMask(hpKeys[role === 'client' ? 0 : 1]);
    this.live = new Victim(role, settings, (datagram) => this.#note(datagram.slice(), mask));
  }

  take() {
    return this.#packets.splice(0);
  }

  #note(record, mask) {
    unmaskHeader(record, mask, this.#header);
    const { headerLength, epochBits } = this.#header;
    const payload = record.slice(headerLength, record.length - TAG_BYTES);
    this.#packets.push({ payload, epochBits, pathId: record[8] });
  }
}
