import { describe, expect, it } from 'vitest';
import { Simulation } from '../src/simulation/simulation.js';
import { playWorldNetwork, playWorldWorkload } from '../src/world/play.js';
import type { World, WorldMessage } from '../src/world/world.js';
import { fillWorldMessage, randomWorld } from '../src/world.js';
import { EchoClient, EchoServer } from './support/echo-machine.js';
import { ALICE, BOB } from './support/lab.js';

const WORLDS: readonly World[] = Array.from({ length: 500 }, (_, seed) => randomWorld(seed));
const LINKS = WORLDS.flatMap(({ links }) => [links.toServer, links.toClient]);
const MESSAGES = WORLDS.flatMap(({ messages }) => messages);

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

describe('randomWorld', () => {
  it('is the same for the same seed and another for every other', () => {
    expect(randomWorld(77)).toEqual(randomWorld(77));
    expect(new Set(WORLDS.map((world) => JSON.stringify(world))).size).toBe(500);
  });

  it('survives JSON whole, so that a printed world can be replayed', () => {
    for (const world of WORLDS) expect(JSON.parse(JSON.stringify(world))).toEqual(world);
  });

  it('covers the promised trouble and stays within it', () => {
    const within = (name: 'loss' | 'reorder' | 'duplicate' | 'corrupt', most: number): void => {
      const [low, high] = range(LINKS.map((link) => link[name]));
      expect(low).toBeLessThan(most / 20);
      expect(high).toBeLessThanOrEqual(most);
      expect(high).toBeGreaterThan(most * 0.9);
    };
    within('loss', 0.3);
    within('reorder', 0.3);
    within('duplicate', 0.05);
    within('corrupt', 0.01);
    expect(LINKS.filter((link) => link.loss <= 0.01).length).toBeGreaterThan(LINKS.length / 4);
  });

  it('covers delays of 1 to 150 ms and 1 to 100 Mbit/s', () => {
    const [shortest, longest] = range(LINKS.map(({ delayMs }) => delayMs));
    expect([shortest >= 1, shortest < 5, longest > 145, longest <= 150]).not.toContain(false);
    const [slowest, fastest] = range(LINKS.map((link) => link.bandwidthBitsPerSecond));
    expect([slowest >= 1e6, slowest < 2e6, fastest > 80e6, fastest <= 100e6]).not.toContain(false);
  });

  it('always lets a fragment of its size through', () => {
    for (const { links, settings } of WORLDS) {
      for (const { mtu } of [links.toServer, links.toClient]) {
        expect(mtu).toBeGreaterThanOrEqual(Math.max(1252, settings.fragmentSize + 100));
        expect(mtu).toBeLessThanOrEqual(1500);
      }
    }
  });

  it('has black holes of at most 2 s in some worlds', () => {
    const windows = LINKS.flatMap(({ blackHole }) => blackHole as readonly [number, number][]);
    const lengths = windows.map(([fromMs, toMs]) => toMs - fromMs);
    expect(windows.length).toBeGreaterThan(100);
    expect(range(lengths)[0]).toBeGreaterThanOrEqual(50);
    expect(range(lengths)[1]).toBeLessThanOrEqual(2000);
  });

  it('has rebindings of both kinds and changes of both directions', () => {
    const events = WORLDS.flatMap(({ networkEvents }) => networkEvents);
    const kinds = events.map((event) =>
      event.kind === 'rebind' ? `rebind ${event.newAddress}` : event.direction,
    );
    expect(new Set(kinds)).toEqual(
      new Set(['rebind true', 'rebind false', 'toServer', 'toClient']),
    );
  });

  it('has mostly small messages, few large ones, and at most 1 MB of them', () => {
    const sizes = MESSAGES.map(({ bytes }) => bytes);
    expect(range(sizes)[0]).toBe(1);
    expect(range(sizes)[1]).toBeGreaterThan(200_000);
    expect(range(sizes)[1]).toBeLessThanOrEqual(300_000);
    expect(sizes.filter((bytes) => bytes <= 200).length / sizes.length).toBeGreaterThan(0.7);
    for (const { messages } of WORLDS) {
      expect(messages.length).toBeGreaterThan(0);
      expect(messages.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(1_000_000);
    }
  });

  it('gives deadlines to partial messages only, and some of every kind from either side', () => {
    const kinds = new Set(
      MESSAGES.map(({ side, reliability, deadlineMs }) =>
        [side, reliability, deadlineMs === undefined ? 'any time' : 'deadline'].join(' '),
      ),
    );
    const perSide = ['reliable any time', 'partial any time', 'partial deadline'];
    const expected = [...perSide, 'unreliable any time'].flatMap((kind) => [
      `client ${kind}`,
      `server ${kind}`,
    ]);
    expect(kinds).toEqual(new Set(expected));
  });

  it('lists everything in the order of time and before its end', () => {
    for (const world of WORLDS) {
      for (const list of [world.messages, world.networkEvents, world.rotations, world.pings]) {
        const times = list.map(({ atMs }) => atMs);
        expect(times).toEqual([...times].sort((left, right) => left - right));
        for (const atMs of times) expect(atMs >= 0 && atMs < world.spanMs).toBe(true);
      }
    }
  });

  it('covers every setting', () => {
    const settings = WORLDS.map((world) => world.settings);
    expect(range(settings.map(({ fragmentSize }) => fragmentSize))).toEqual([400, 1400]);
    const windows = settings.map(({ flowWindowSize }) => flowWindowSize);
    expect(windows.filter((window) => window === undefined).length).toBeGreaterThan(50);
    expect(windows.filter((window) => window !== undefined && window <= 32).length).toBeGreaterThan(
      50,
    );
    expect(
      windows.filter((window) => window !== undefined && window >= 128).length,
    ).toBeGreaterThan(50);
    const modes = settings.map((one) => `${one.delivery} ${one.signing} ${one.evidence}`);
    expect(new Set(modes).size).toBe(8);
  });
});

describe('fillWorldMessage', () => {
  it('gives each message of each world bytes of its own, always the same', () => {
    const body = (seed: number, index: number): string => {
      const out = new Uint8Array(32);
      fillWorldMessage(WORLDS[seed]!, index, out);
      return out.join();
    };
    expect(body(1, 0)).toBe(body(1, 0));
    expect(new Set([body(1, 0), body(1, 1), body(2, 0), body(2, 1)]).size).toBe(4);
  });
});

describe('playing a world', () => {
  it('sets the conditions and makes the changes of the network at their times', () => {
    const world: World = {
      ...randomWorld(3),
      networkEvents: [
        { kind: 'rebind', atMs: 100, newAddress: false },
        { kind: 'conditions', atMs: 200, direction: 'toServer', conditions: { delayMs: 7 } },
        { kind: 'conditions', atMs: 200, direction: 'toClient', conditions: { delayMs: 8 } },
        { kind: 'rebind', atMs: 300, newAddress: true },
      ],
    };
    const simulation = new Simulation({ seed: 3 });
    const { network } = simulation;
    playWorldNetwork(world, simulation, { client: ALICE, server: BOB });
    expect(network.conditions(ALICE, BOB)).toEqual(world.links.toServer);
    expect(network.conditions(BOB, ALICE)).toEqual(world.links.toClient);
    simulation.run({ untilMs: 150 });
    expect(network.nat.outsideOf(ALICE).port).not.toBe(ALICE.port);
    expect(network.nat.outsideOf(ALICE).address).toBe(ALICE.address);
    simulation.run({ untilMs: 250 });
    expect(network.conditions(ALICE, BOB)).toEqual({ ...world.links.toServer, delayMs: 7 });
    expect(network.conditions(BOB, ALICE)).toEqual({ ...world.links.toClient, delayMs: 8 });
    simulation.run({ untilMs: 350 });
    expect(network.nat.outsideOf(ALICE).address).toBe('203.0.113.4');
  });

  it('asks the actor for everything, once and in time', () => {
    for (const world of WORLDS.slice(0, 20)) {
      const simulation = new Simulation({ seed: world.seed });
      const sent: WorldMessage[] = [];
      const rotated: object[] = [];
      const pinged: object[] = [];
      playWorldWorkload(world, simulation, {
        send: (message, index, now) => {
          expect(world.messages[index]).toBe(message);
          expect(now).toBe(message.atMs);
          sent.push(message);
        },
        rotate: (side, atMs) => void rotated.push({ atMs, side }),
        ping: (side, atMs) => void pinged.push({ atMs, side }),
      });
      simulation.run();
      expect(sent).toEqual(world.messages);
      expect([rotated, pinged]).toEqual([world.rotations, world.pings]);
    }
  });

  it('leaves a way for a stubborn client through every world', () => {
    for (const world of WORLDS.slice(0, 100)) {
      const simulation = new Simulation({ seed: world.seed });
      const client = new EchoClient(BOB, 100, 400);
      simulation.addHost(client, ALICE);
      simulation.addHost(new EchoServer(), BOB);
      playWorldNetwork(world, simulation, { client: ALICE, server: BOB });
      const { end } = simulation.run({ untilMs: 300_000, until: () => client.isDone });
      expect(`${world.seed} ${end}`).toBe(`${world.seed} until`);
    }
  });
});
