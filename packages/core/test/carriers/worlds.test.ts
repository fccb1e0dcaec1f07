import { type CarrierPipe, SeededRandom } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { eventsOf, numbered, verifyLog } from '../scenario/support.js';
import { carriedPair, connectOver, migrate, setUdp } from './support.js';

const WORLDS = 200;
const PER_TEST = 25;
const STEPS = 20;
/** As often as a client that lost its carrier tries another. */
const RETRY_MS = 200;

/** A session that is driven between UDP and carriers at random, and what was sent over it. */
class World {
  readonly #random: SeededRandom;
  readonly #carried: ReturnType<typeof carriedPair>;
  readonly #sent = { client: [0, 0], server: [0, 0] };
  #pipe: CarrierPipe | undefined;
  readonly #standby: CarrierPipe[] = [];
  #hasUdp = true;
  moves = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(`carriers ${seed}`);
    const delivery = this.#random.int(2) === 0 ? 'signed' : 'authenticated';
    this.#carried = carriedPair({
      seed,
      config: { delivery },
      endpoint: { idleTimeoutMs: 0, restAfterMs: 300, record: { payloads: 'kept' } },
      link: { delayMs: 1 + this.#random.int(40), loss: 0.1 * this.#random.next() },
    });
  }

  run(): void {
    const { pair } = this.#carried;
    if (this.#random.int(2) === 0) {
      pair.connect();
    } else {
      this.#pipe = this.#newPipe();
      connectOver(pair, this.#pipe);
    }
    pair.run(30_000, () => pair.client.connection !== undefined);
    expect(pair.client.connection).toBeDefined();
    // Until each side knows ids of the other there is no way to move.
    pair.run(1_500);
    for (let step = 0; step < STEPS; step++) {
      this.#send();
      pair.run(this.#random.int(4) === 0 ? 2_000 : this.#random.int(120));
      this.#change();
    }
    setUdp(pair, true);
    pair.simulation.network.setConditions(undefined, undefined, { loss: 0 });
    this.#rescue();
    this.#settle();
  }

  #send(): void {
    const { pair } = this.#carried;
    for (const side of ['client', 'server'] as const) {
      const sent = this.#sent[side];
      const count = this.#random.int(6);
      for (let i = 0; i < count; i++) {
        const isReliable = this.#random.int(3) > 0;
        const reliability = isReliable ? 'reliable' : i % 2 === 0 ? 'partial' : 'unreliable';
        const bytes = 2 + this.#random.int(this.#random.int(4) === 0 ? 60_000 : 900);
        const lane = isReliable ? 0 : 1;
        pair.send(side, numbered(sent[lane]!++, bytes), { reliability });
      }
    }
  }

  #change(): void {
    const { pair } = this.#carried;
    const { connection } = pair.client;
    switch (this.#random.int(8)) {
      case 0:
        this.#pipe?.lose((['both', 'client', 'server'] as const)[this.#random.int(3)]);
        break;
      case 1:
        this.#hasUdp = this.#random.int(2) === 0;
        setUdp(pair, this.#hasUdp);
        break;
      case 2:
      case 3:
        this.#rescue();
        break;
      case 4:
        connection!.probe(pair.server.address, pair.now);
        break;
      case 5:
        if (this.#hasUdp && connection!.use(pair.server.address, pair.now)) this.moves++;
        break;
      case 6:
        if (this.#random.int(3) === 0) connection!.rotateKeys(pair.now);
        break;
      default:
        this.#tryCarrier();
    }
  }

  /** A carrier beside the present path, which may break again. */
  #tryCarrier(): void {
    const { pair } = this.#carried;
    const pipe = this.#newPipe();
    if (!pair.client.connection!.probe(pipe.toServer, pair.now)) return;
    if (this.#random.int(2) === 0) this.#standby.push(pipe);
    else pair.simulation.at(pair.now + this.#random.int(100), () => pipe.lose());
  }

  /** To a new carrier, as soon as there is an id for it; the server hears in time that the old one broke. */
  #rescue(): void {
    const { pair } = this.#carried;
    const pipe = this.#newPipe();
    for (let attempt = 0; attempt < 20; attempt++) {
      const standby = attempt > 5 ? this.#standby.pop() : undefined;
      const isStandby = standby && pair.client.connection!.use(standby.toServer, pair.now);
      if (isStandby || migrate(pair, pipe)) {
        if (isStandby) pipe.lose();
        this.#pipe?.lose();
        this.#pipe = isStandby ? standby : pipe;
        this.moves++;
        return;
      }
      pair.run(RETRY_MS);
    }
    throw new Error('there is no way to a carrier');
  }

  #newPipe(): CarrierPipe {
    const speeds = [20, 100, 1_000, Number.POSITIVE_INFINITY];
    return this.#carried.open({
      delayMs: 1 + this.#random.int(30),
      bytesPerMs: speeds[this.#random.int(speeds.length)]!,
      highWaterBytes: 1_000 + this.#random.int(100_000),
    });
  }

  #settle(): void {
    const { pair } = this.#carried;
    pair.client.connection!.close({}, pair.now);
    const isEnded = (): boolean =>
      pair.client.connection!.isEnded && pair.server.connection!.isEnded;
    pair.run(600_000, isEnded);
    expect(pair.client.connection!.endInfo.code).toBe(0);
    expect(pair.server.connection!.endInfo.code).toBe(0);
    for (const [from, to] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      const number = ({ payload }: { payload: Uint8Array }) => (payload[0]! << 8) | payload[1]!;
      const reliable = pair[to].messages.filter(({ lane }) => lane === 0).map(number);
      expect(reliable).toEqual([...Array(this.#sent[from][0]!).keys()]);
      const lossy = pair[to].messages.filter(({ lane }) => lane === 1).map(number);
      expect(new Set(lossy).size).toBe(lossy.length);
      const dropped = eventsOf(pair[from], 'abandoned').filter(({ n }) => n === -1);
      const gaps = eventsOf(pair[to], 'gap');
      expect(lossy.length + gaps.length + dropped.length).toBe(this.#sent[from][1]);
      const report = verifyLog(pair, to);
      expect([report.exitCode, report.problems]).toEqual([0, []]);
      expect(pair[to].connection!.verifiedThrough).toEqual(pair[from].connection!.sentThrough);
    }
  }
}

const batches = [...Array(WORLDS / PER_TEST).keys()].map((batch) => batch * PER_TEST);

describe('a session that moves between UDP and carriers at random', () => {
  it.each(batches)('keeps every promise in the worlds from %i on', (first) => {
    let moves = 0;
    for (let seed = first; seed < first + PER_TEST; seed++) {
      const world = new World(seed);
      try {
        world.run();
      } catch (error) {
        throw new Error(`world ${seed}: ${error instanceof Error ? error.stack : error}`);
      }
      moves += world.moves;
    }
    expect(moves).toBeGreaterThan(2 * PER_TEST);
  });
});
