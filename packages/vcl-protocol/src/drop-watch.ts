import type { DropCounters, DropReason } from '@vcl-protocol/core';
import { DropDeltas } from './drop-deltas.js';
import type { Logger, LogLevel } from './logger.js';

/** How often drops are told, so that whoever sends junk cannot make the log grow with it. */
const INTERVAL_MS = 1_000;

/** Tells what was dropped since it was last told, by reason, at most once a second. */
export class DropWatch {
  readonly #deltas: DropDeltas;
  readonly #logger: Logger;
  readonly #onDropped: (reason: DropReason, count: number) => void;
  #nextAt = 0;

  /** @param onDropped told in addition to the log */
  constructor(
    drops: DropCounters,
    logger: Logger,
    onDropped: (reason: DropReason, count: number) => void = ignore,
  ) {
    this.#deltas = new DropDeltas(drops);
    this.#logger = logger;
    this.#onDropped = onDropped;
  }

  /** @param now ms; `Infinity` at the end, to tell the rest */
  check(now: number): void {
    if (now < this.#nextAt || !this.#deltas.any) return;
    this.#nextAt = now + INTERVAL_MS;
    this.#deltas.take((reason, count) => {
      this.#logger[LEVELS[reason]]({ reason, count }, 'dropped');
      this.#onDropped(reason, count);
    });
  }
}

/** What an attacker or a fault causes is a warning; the rest happens on every lossy path. */
const LEVELS: Readonly<Record<DropReason, LogLevel>> = {
  unknown: 'warn',
  size: 'warn',
  authentication: 'warn',
  replay: 'warn',
  handshake: 'warn',
  'hello-limit': 'warn',
  'cookie-demanded': 'warn',
  'bad-cookie': 'warn',
  'half-open-evicted': 'warn',
  'memory-evicted': 'warn',
  'server-full': 'warn',
  'stale-epoch': 'debug',
  'retired-path': 'debug',
  closed: 'debug',
  'duplicate-message': 'debug',
  'early-record': 'debug',
  'before-open': 'debug',
};

function ignore(): void {}
