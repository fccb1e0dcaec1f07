// The attack suite: what an attacker can do to datagrams is done to live sessions on virtual time.
// `npm run attack [-- --full] [-- --seed N]`; the same seed gives the same attacks.
import { parseArgs } from 'node:util';
import { idleCosts } from './abuse/idle-costs.mjs';
import {
  allFlips,
  extensions,
  junk,
  randomFlips,
  truncations,
} from './attack/alteration-attacks.mjs';
import { Checks } from './attack/checks.mjs';
import { retiredPaths, staleEpochs } from './attack/epoch-attacks.mjs';
import {
  alteredAlways,
  alteredOnce,
  floods,
  replayedHandshakes,
  resealedOnce,
} from './attack/handshake-attacks.mjs';
import {
  delays,
  foreign,
  hijacking,
  overtaking,
  reflections,
  replays,
} from './attack/replay-attacks.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});
const { full, seed } = values;
const checks = new Checks();

const attacks = [
  ['random flipped bits are dropped', randomFlips, { flips: full ? 100_000 : 10_000 }],
  ['every flipped bit of short datagrams is dropped', allFlips, { datagrams: full ? 200 : 20 }],
  ['truncated datagrams are dropped', truncations, { datagrams: full ? 200 : 30 }],
  ['extended datagrams are dropped', extensions, { datagrams: full ? 1_000 : 100 }],
  ['junk of every length is dropped', junk, { rounds: full ? 20 : 4 }],
  ['reflected datagrams are dropped', reflections, { datagrams: full ? 10_000 : 1_000 }],
  ['replayed datagrams are dropped', replays, { datagrams: full ? 5_000 : 500 }],
  ['copies that overtake count once', overtaking, { datagrams: full ? 5_000 : 500 }],
  ['copies from elsewhere do not take the session away', hijacking, { bursts: full ? 100 : 10 }],
  ['delayed datagrams do no harm', delays, { datagrams: full ? 2_000 : 200 }],
  ['datagrams of other sessions are dropped', foreign, { datagrams: full ? 5_000 : 500 }],
  ['datagrams of old key epochs are dropped', staleEpochs, { datagrams: full ? 500 : 100 }],
  ['datagrams of retired paths are dropped', retiredPaths, { datagrams: full ? 500 : 100 }],
  ['flipped handshake datagrams are dropped', floods, { flips: 10_000 }],
  ['replayed handshakes lead nowhere', replayedHandshakes, { rounds: full ? 100 : 20 }],
  ['sessions at rest cost little', idleCosts, { sessions: full ? 10_000 : 2_000 }],
];
for (const kind of ['hello', 'server flight', 'finish']) {
  const [once, resealed, always] = [full ? 1 : 20, full ? 1 : 20, full ? 100 : 10];
  attacks.push(
    [`a flipped bit in a ${kind} is made good by the next copy`, alteredOnce, { kind, step: once }],
    [`a ${kind} altered behind the outer layer is refused`, resealedOnce, { kind, step: resealed }],
    [
      `a ${kind} that always arrives altered ends the attempt`,
      alteredAlways,
      { kind, runs: always },
    ],
  );
}

for (const [name, attack, options] of attacks) {
  await checks.run(name, () => attack({ seed: `${seed} ${attack.name}`, ...options }));
}
checks.finish();
