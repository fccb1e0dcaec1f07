// A session under traffic that is attacked: two endpoints on virtual time, an attacker on the path
// who sees everything and can inject from any address, and an account of what must come of it.
import {
  createSeededProvider,
  OuterKeys,
  SessionLogVerifier,
} from '../../../packages/core/dist/index.js';
import { Pair, SeededRandom } from '../../../packages/testkit/dist/index.js';
import { chooseProvider } from '../../../packages/vcl-protocol/dist/index.js';

const SIDES = ['client', 'server'];
/** Longer than the way there, the acknowledgement and the timers that follow from them. */
const ROUND_MS = 60;
const SETTLE_MS = 60_000;
/** A server remembers a handshake for 10 s (SPEC 4.5). */
const HALF_OPEN_MS = 11_000;
/** Sizes of messages: within a datagram mostly, some in several. */
const SIZES = [12, 40, 40, 200, 900, 3_000];

/** What an attacker makes arrive: a datagram, from where it seems to come, whom it reaches. */
export function injection(data, from, to) {
  return { data, from, to };
}

/** An attacked session. `random` is the attacker's chance. */
export class Victim {
  /** @param options `seed`; `acceptLoss` when the attacker also takes datagrams away */
  constructor({ seed, acceptLoss = false }) {
    this.random = new SeededRandom(seed);
    this.crypto = createSeededProvider(chooseProvider(), this.random.fork('keys').u32());
    this.outer = OuterKeys.open(this.crypto);
    this.pair = new Pair({
      seed,
      crypto: this.crypto,
      endpoint: { idleTimeoutMs: 0, record: { payloads: 'redacted' } },
    });
    this.injected = 0;
    /** Called with every datagram on the path; may give a verdict of the tap. */
    this.onDatagram = undefined;
    this.acceptLoss = acceptLoss;
    this.sent = { client: [0, 0], server: [0, 0] };
    this.pair.simulation.network.setTap({
      onDatagram: (datagram) => this.onDatagram?.(datagram) ?? 'pass',
    });
  }

  /** Brings the session up and notes what the tables hold while nothing is wrong. */
  establish() {
    if (!this.pair.establish()) throw new Error('the session did not come up');
    this.exchange(4);
    this.rest();
    this.pair.run(HALF_OPEN_MS);
    this.tables = tablesOf(this.pair);
    this.drops = dropsOf(this.pair);
    return this;
  }

  /** An address that has nothing to do with the session. */
  stranger() {
    const { random } = this;
    return {
      address: `203.0.113.${random.intBetween(1, 254)}`,
      port: random.intBetween(1, 65_535),
    };
  }

  /** Datagrams dropped for one reason so far, by both sides. */
  dropsFor(reason) {
    const counters = SIDES.flatMap((side) => {
      const { endpoint, connection } = this.pair[side];
      return [endpoint.drops, connection.drops];
    });
    return counters.reduce((sum, drops) => sum + drops.get(reason), 0);
  }

  /**
   * Makes something of genuine datagrams while messages flow.
   *
   * @param datagrams how many are used
   * @param attack gives the injections for one genuine datagram
   * @param options `behind` injects when the genuine one has arrived, else it is overtaken; `wants`
   *   says which datagrams are used
   */
  bombard(datagrams, attack, { behind = false, wants = () => true } = {}) {
    let left = datagrams;
    const waiting = [];
    this.onDatagram = (datagram) => {
      if (left === 0 || !wants(datagram)) return 'pass';
      left--;
      const list = attack(datagram);
      if (behind) waiting.push(...list);
      else this.inject(list);
      return 'pass';
    };
    while (left > 0) {
      this.exchange();
      this.inject(waiting.splice(0));
    }
    this.onDatagram = undefined;
  }

  /** Copies of genuine datagrams, taken while messages flow. */
  capture(datagrams, wants) {
    const captured = [];
    this.bombard(
      datagrams,
      (datagram) => {
        captured.push(datagram);
        return [];
      },
      { wants },
    );
    return captured;
  }

  /** Makes datagrams arrive now, before whatever is on its way. */
  inject(list) {
    for (const { data, from, to } of list) {
      this.injected++;
      this.pair.simulation.network.inject(from, to, data);
    }
  }

  /** Sends messages both ways on both lanes and lets them arrive. */
  exchange(rounds = 1) {
    for (let i = 0; i < rounds; i++) {
      for (const side of SIDES) {
        this.#send(side, 0);
        this.#send(side, 1);
      }
      this.pair.run(ROUND_MS);
    }
  }

  /** Waits until every message is there. */
  rest() {
    this.pair.run(SETTLE_MS, () => SIDES.every((side) => this.#allArrivedAt(side)));
    this.pair.run(4 * ROUND_MS);
  }

  /**
   * What is wrong with the session after the attack: it must be up, complete, in order, with tables
   * as before, and every injected datagram counted as one drop.
   *
   * @param expected `drops`, null when their number cannot be told; `moves` when addresses may have changed
   */
  problems({ drops = this.injected, moves = false } = {}) {
    this.onDatagram = undefined;
    this.exchange(3);
    this.rest();
    const problems = SIDES.flatMap((side) => this.#problemsOf(side, moves));
    const counted = dropsOf(this.pair) - this.drops;
    if (drops !== null && counted !== drops) {
      problems.push(`${drops} datagrams should have been dropped, ${counted} were counted`);
    }
    const [was, is] = [JSON.stringify(this.tables), JSON.stringify(tablesOf(this.pair))];
    if (was !== is) problems.push(`tables were ${was} and are ${is}`);
    return [...problems, ...this.#close()];
  }

  #send(side, lane) {
    const payload = this.#payload(side, lane, this.sent[side][lane]++);
    this.pair.send(side, payload, { reliability: lane === 0 ? 'reliable' : 'unreliable' });
  }

  #payload(side, lane, n) {
    const size = SIZES[(n * 7 + lane) % SIZES.length];
    const payload = new Uint8Array(size).fill((n * 31 + lane + (side === 'client' ? 5 : 9)) & 255);
    new DataView(payload.buffer).setUint32(0, n);
    return payload;
  }

  #allArrivedAt(side) {
    const [reliable, lossy] = this.sent[other(side)];
    const { messages } = this.pair[side];
    return messages.length >= (this.acceptLoss ? reliable : reliable + lossy);
  }

  #problemsOf(side, moves) {
    const { events, connection, messages } = this.pair[side];
    const problems = [];
    if (connection.isEnded) problems.push(`${side}: the session is over`);
    const bad = events.filter(
      ({ type }) => type === 'closed' || (type === 'pathChanged' && !moves),
    );
    for (const event of bad) problems.push(`${side}: event ${JSON.stringify(event)}`);
    const peer = this.pair[other(side)];
    const outside = this.pair.simulation.network.nat.outsideOf(peer.address);
    if (JSON.stringify(connection.remote) !== JSON.stringify(outside)) {
      problems.push(`${side}: sends to ${JSON.stringify(connection.remote)}`);
    }
    return [...problems, ...this.#wrongMessages(side, messages)];
  }

  #wrongMessages(side, messages) {
    const from = other(side);
    const problems = [];
    const seen = [new Set(), new Set()];
    for (const { lane, n, payload } of messages) {
      const inOrder = lane === 1 || n === seen[0].size;
      if (!inOrder || seen[lane].has(n)) problems.push(`${side}: message ${lane}:${n} out of turn`);
      seen[lane].add(n);
      const index = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      const wanted = this.#payload(from, lane, index);
      const isSame = lane === 1 || index === n;
      if (!isSame || Buffer.compare(payload, wanted) !== 0) {
        problems.push(`${side}: message ${lane}:${n} is not what was sent`);
      }
    }
    for (const lane of this.acceptLoss ? [0] : [0, 1]) {
      const sent = this.sent[from][lane];
      if (seen[lane].size !== sent) {
        problems.push(`${side}: ${seen[lane].size} of ${sent} messages came on lane ${lane}`);
      }
    }
    return problems;
  }

  /** The session ends in order, and both logs of it verify. */
  #close() {
    const { pair } = this;
    pair.client.connection.close({}, pair.now);
    pair.run(SETTLE_MS, () => SIDES.every((side) => pair[side].connection.isEnded));
    return SIDES.flatMap((side) => {
      const closed = pair[side].events.find(({ type }) => type === 'closed');
      const verifier = new SessionLogVerifier(this.crypto);
      verifier.push(pair[side].log());
      const { status, exitCode } = verifier.finish();
      return [
        ...(closed?.code === 0 ? [] : [`${side}: ended with ${JSON.stringify(closed)}`]),
        ...(exitCode === 0 ? [] : [`${side}: the log is ${status}`]),
      ];
    });
  }
}

function other(side) {
  return side === 'client' ? 'server' : 'client';
}

function tablesOf(pair) {
  return SIDES.map((side) => {
    const { endpoint } = pair[side];
    return [endpoint.connectionCount, endpoint.halfOpenCount, endpoint.cids.size];
  });
}

/** Datagrams dropped so far. A message sent twice without need is no dropped datagram. */
function dropsOf(pair) {
  return SIDES.reduce((sum, side) => {
    const { endpoint, connection } = pair[side];
    const { drops } = connection;
    return sum + endpoint.drops.total + drops.total - drops.get('duplicate-message');
  }, 0);
}
