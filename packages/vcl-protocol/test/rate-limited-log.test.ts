import { expect, it } from 'vitest';
import type { LogFields, Logger } from '../src/logger.js';
import { RateLimitedLog } from '../src/rate-limited-log.js';

it('lets a burst through, then writes one count for the rest', () => {
  const { log, lines, clock } = limited({ burst: 5, intervalMs: 10_000 });
  for (let i = 0; i < 1_000; i++) log.warn({ reason: 'replay', i }, 'datagram dropped');
  expect(lines).toHaveLength(5);
  clock.now += 9_999;
  log.flush();
  log.warn({ reason: 'replay' }, 'datagram dropped');
  expect(lines).toHaveLength(5);
  clock.now += 1;
  log.warn({ reason: 'replay', i: 'next' }, 'datagram dropped');
  expect(lines.slice(5)).toEqual([
    ['warn', { reason: 'replay', suppressed: 996 }, 'suppressed: datagram dropped'],
    ['warn', { reason: 'replay', i: 'next' }, 'datagram dropped'],
  ]);
});

it('gives each reason, message and level a bucket of its own', () => {
  const { log, lines } = limited({ burst: 1 });
  for (let i = 0; i < 3; i++) {
    log.warn({ reason: 'replay' }, 'datagram dropped');
    log.warn({ reason: 'stale' }, 'datagram dropped');
    log.warn({}, 'pong missed');
    log.error({}, 'pong missed');
    log.info({}, 'pong missed');
    log.debug({}, 'pong missed');
  }
  expect(lines.map(([level, fields, message]) => [level, fields.reason ?? message])).toEqual([
    ['warn', 'replay'],
    ['warn', 'stale'],
    ['warn', 'pong missed'],
    ['error', 'pong missed'],
    ['info', 'pong missed'],
    ['debug', 'pong missed'],
  ]);
});

it('writes the count at the next flush when nothing more comes', () => {
  const { log, lines, clock } = limited({ burst: 1, intervalMs: 100 });
  for (let i = 0; i < 4; i++) log.warn({}, 'timeout');
  clock.now += 100;
  log.flush();
  log.flush();
  expect(lines.slice(1)).toEqual([['warn', { suppressed: 3 }, 'suppressed: timeout']]);
});

it('writes all counts at the end', () => {
  const { log, lines } = limited({ burst: 1 });
  for (let i = 0; i < 4; i++) log.warn({}, 'timeout');
  log.flush(true);
  expect(lines.at(-1)).toEqual(['warn', { suppressed: 3 }, 'suppressed: timeout']);
});

it('says nothing of what fits', () => {
  const { log, lines, clock } = limited({ burst: 2, intervalMs: 100 });
  for (let i = 0; i < 10; i++) {
    log.warn({}, 'timeout');
    clock.now += 100;
  }
  log.flush(true);
  expect(lines.map(([, , message]) => message)).toEqual(Array(10).fill('timeout'));
});

it('shares one bucket among kinds beyond 256, so that memory is bounded', () => {
  const { log, lines } = limited({ burst: 1 });
  for (let i = 0; i < 10_000; i++) log.warn({}, `message ${i}`);
  expect(lines).toHaveLength(257);
  log.flush(true);
  expect(lines.slice(257)).toEqual([
    ['warn', { suppressed: 10_000 - 257 }, 'suppressed: other lines'],
  ]);
});

it('counts nothing at a level that is off', () => {
  const { logger, lines } = collector();
  const log = new RateLimitedLog({ ...logger, isLevelEnabled: (level) => level === 'error' });
  for (let i = 0; i < 100; i++) log.warn({}, 'timeout');
  log.error({}, 'broken');
  log.flush(true);
  expect(lines).toEqual([['error', {}, 'broken']]);
  expect([log.isLevelEnabled('error'), log.isLevelEnabled('warn')]).toEqual([true, false]);
});

it('allows 5 lines by default', () => {
  const { logger, lines } = collector();
  const log = new RateLimitedLog(logger);
  for (let i = 0; i < 100; i++) log.warn({}, 'timeout');
  expect(lines).toHaveLength(5);
});

type Line = [level: string, fields: LogFields, message: string];

function limited(options: { burst?: number; intervalMs?: number }) {
  const clock = { now: 0 };
  const { logger, lines } = collector();
  return { clock, lines, log: new RateLimitedLog(logger, { ...options, now: () => clock.now }) };
}

function collector(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: LogFields, message: string) => {
    lines.push([level, fields, message]);
  };
  const logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  return { logger, lines };
}
