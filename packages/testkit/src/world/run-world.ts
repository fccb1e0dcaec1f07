import {
  type CryptoProvider,
  type ReceivedMessage,
  SessionLogVerifier,
  type VCLConfig,
} from '@vcl-protocol/core';
import { Pair, type PairSide } from '../pair.js';
import { fillWorldMessage } from '../world.js';
import { playWorldNetwork, playWorldWorkload } from './play.js';
import type { World, WorldMessage, WorldSide } from './world.js';

/** How a world is run. */
export interface RunWorldOptions {
  /** Where randomness and cryptography come from; default noble with seeded randomness. */
  readonly crypto?: CryptoProvider;
  /** Silence after which sessions give back memory, in ms, above 0. Default 2,000. */
  readonly restAfterMs?: number;
  /** How long the session may take after the last event of the world, in ms. Default 600,000. */
  readonly settleMs?: number;
}

/** What came of a world. Without violations the protocol kept its promises in it. */
export interface WorldResult {
  readonly seed: number;
  /** Promises that were broken, in words. */
  readonly violations: readonly string[];
  /** Messages that arrived, both directions. */
  readonly messages: number;
  /** Lossy messages that did not, each reported as a gap. */
  readonly gaps: number;
  readonly rotations: number;
  /** Virtual time that the session took. */
  readonly durationMs: number;
}

/** What one side sent, by lane, in the order of sending. */
interface Sent {
  readonly reliable: Uint8Array[];
  readonly lossy: Uint8Array[];
}

/**
 * Plays a world between two endpoints and checks what must hold in every world: reliable messages
 * arrive exactly once and in order, every lossy message arrives or is a gap, both chains verify, no
 * exception.
 */
export function runWorld(world: World, options: RunWorldOptions = {}): WorldResult {
  const violations: string[] = [];
  const run = new WorldRun(world, options, violations);
  try {
    run.play();
    run.check();
  } catch (error) {
    violations.push(
      `exception: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
    );
  }
  return run.result();
}

const SETTLE_MS = 600_000;
const MAX_ENVELOPE_BYTES = 520;
/** What a datagram may hold beside message payload (SPEC 6.1). */
const OVERHEAD_BYTES = 32;

class WorldRun {
  readonly #world: World;
  readonly #violations: string[];
  readonly #pair: Pair;
  readonly #settleMs: number;
  readonly #sent: Readonly<Record<WorldSide, Sent>> = {
    client: { reliable: [], lossy: [] },
    server: { reliable: [], lossy: [] },
  };

  constructor(world: World, options: RunWorldOptions, violations: string[]) {
    this.#world = world;
    this.#violations = violations;
    this.#settleMs = options.settleMs ?? SETTLE_MS;
    this.#pair = new Pair({
      seed: world.seed,
      config: configOf(world),
      endpoint: {
        record: { payloads: 'kept' },
        idleTimeoutMs: 0,
        ...(options.restAfterMs === undefined ? {} : { restAfterMs: options.restAfterMs }),
      },
      ...(options.crypto === undefined ? {} : { crypto: options.crypto }),
    });
  }

  play(): void {
    const { client, server, simulation } = this.#pair;
    simulation.network.setTap({ onDatagram: ({ data }) => this.#checkSize(data.length) });
    playWorldNetwork(this.#world, simulation, { client: client.address, server: server.address });
    if (!this.#connect()) {
      this.#fail(`no session: ${client.error?.message ?? 'the handshake did not end'}`);
      return;
    }
    playWorldWorkload(this.#world, simulation, {
      send: (message, index, now) => this.#send(message, index, now),
      rotate: (side, now) => this.#pair[side].connection?.rotateKeys(now),
      ping: (side, now) => this.#pair[side].connection?.ping(now),
    });
    simulation.at(this.#world.spanMs, (now) => client.connection?.close({ lingerMs: 60_000 }, now));
    this.#pair.run(this.#world.spanMs + this.#settleMs, () => this.#isOver());
  }

  check(): void {
    for (const side of ['client', 'server'] as const) {
      const from = side === 'client' ? 'server' : 'client';
      this.#checkEnd(side);
      this.#checkReliable(from, this.#pair[side]);
      this.#checkLossy(from, this.#pair[side]);
      this.#checkLog(side, this.#pair[side]);
    }
  }

  result(): WorldResult {
    const sides = [this.#pair.client, this.#pair.server];
    const count = (type: string): number =>
      sides.reduce(
        (sum, side) => sum + side.events.filter((event) => event.type === type).length,
        0,
      );
    return {
      seed: this.#world.seed,
      violations: this.#violations,
      messages: sides.reduce((sum, side) => sum + side.messages.length, 0),
      gaps: count('gap'),
      rotations: count('keyRotated'),
      durationMs: this.#pair.now,
    };
  }

  /** A black hole may outlast one attempt; a user would try again. */
  #connect(): boolean {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (this.#pair.establish(12_000)) return true;
      this.#pair.client.error = undefined;
    }
    return false;
  }

  #send(message: WorldMessage, index: number, now: number): void {
    const payload = new Uint8Array(message.bytes);
    fillWorldMessage(this.#world, index, payload);
    const sent = this.#sent[message.side];
    (message.reliability === 'reliable' ? sent.reliable : sent.lossy).push(payload);
    const deadline = message.deadlineMs === undefined ? {} : { deadlineMs: message.deadlineMs };
    this.#pair[message.side].connection?.send(
      payload,
      { reliability: message.reliability, ...deadline },
      now,
    );
  }

  #isOver(): boolean {
    const { client, server } = this.#pair;
    return client.connection?.isEnded === true && server.connection?.isEnded === true;
  }

  /** No datagram is longer than what was configured; hellos have a range of their own (SPEC 3.1). */
  #checkSize(bytes: number): 'pass' {
    const limit = Math.max(MAX_ENVELOPE_BYTES, this.#world.settings.fragmentSize + OVERHEAD_BYTES);
    if (bytes > limit) this.#fail(`a datagram of ${bytes} bytes is over the limit of ${limit}`);
    return 'pass';
  }

  #checkEnd(side: WorldSide): void {
    const end = this.#pair[side].events.find((event) => event.type === 'closed');
    if (end === undefined) this.#fail(`${side}: the session did not end`);
    else if (end.code !== 0) this.#fail(`${side}: closed with code ${end.code} ${end.reason}`);
  }

  #checkReliable(from: WorldSide, to: PairSide): void {
    const sent = this.#sent[from].reliable;
    const got = to.messages.filter((message) => message.lane === 0);
    if (got.length !== sent.length) {
      this.#fail(`${from}: ${sent.length} reliable messages sent, ${got.length} arrived`);
    }
    got.forEach((message, i) => {
      if (message.n !== i || !sameBytes(message.payload, sent[i])) {
        this.#fail(`${from}: reliable message ${i} is not what was sent`);
      }
    });
  }

  /** Every number of the lossy lane arrived once or is a listed gap, and nothing else arrived. */
  #checkLossy(from: WorldSide, to: PairSide): void {
    const sender = this.#pair[from].connection;
    const numbered = sender?.sentThrough[1] ?? 0;
    const arrived = new Map<number, ReceivedMessage>();
    for (const message of to.messages) {
      if (message.lane !== 1) continue;
      if (arrived.has(message.n)) this.#fail(`${from}: lossy message ${message.n} came twice`);
      arrived.set(message.n, message);
      if (!this.#sent[from].lossy.some((payload) => sameBytes(message.payload, payload))) {
        this.#fail(`${from}: lossy message ${message.n} was never sent`);
      }
    }
    const gaps = new Set<number>();
    for (const event of to.events) if (event.type === 'gap') gaps.add(event.n);
    for (let n = 0; n < numbered; n++) {
      if (!arrived.has(n) && !gaps.has(n))
        this.#fail(`${from}: lossy ${n} is missing without a gap`);
    }
  }

  #checkLog(side: WorldSide, host: PairSide): void {
    const verifier = new SessionLogVerifier(this.#pair.crypto);
    verifier.push(host.log());
    const report = verifier.finish();
    if (report.exitCode !== 0) {
      const problems = [...report.problems, ...report.sessions.flatMap((s) => s.problems)]
        .map((problem) => problem.message)
        .join('; ');
      this.#fail(`${side}: log exit ${report.exitCode} ${report.status}: ${problems}`);
    }
  }

  #fail(text: string): void {
    if (this.#violations.length < 20) this.#violations.push(text);
  }
}

function configOf(world: World): Partial<VCLConfig> {
  const { fragmentSize, flowWindowSize, delivery, signing, evidence } = world.settings;
  return {
    fragmentSize,
    delivery,
    signing,
    evidence,
    ...(flowWindowSize === undefined ? {} : { flowWindowSize }),
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  if (b === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
