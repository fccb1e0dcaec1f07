import { VCLError } from '@vcl-protocol/core';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { KeyPair } from '../src/crypto.js';
import { type ConsoleSink, consoleLogger, type Logger, silentLogger } from '../src/logger.js';

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

describe('consoleLogger', () => {
  it.each([
    ['error', 1],
    ['warn', 2],
    ['info', 3],
    ['debug', 4],
  ] as const)('at level %s shows the %s gravest levels', (level, count) => {
    const { sink, lines } = recorder();
    const logger = consoleLogger(level, sink);
    for (const each of LEVELS) logger[each]({}, 'text');
    expect(lines).toEqual(LEVELS.slice(0, count).map((each) => `${each}|vcl ${each}: text`));
    expect(LEVELS.filter((each) => logger.isLevelEnabled?.(each))).toEqual(LEVELS.slice(0, count));
  });

  it('shows info and graver by default', () => {
    const { sink, lines } = recorder();
    const logger = consoleLogger(undefined, sink);
    logger.debug({}, 'fine');
    logger.info({ epoch: 2, sequence: 5n, peer: undefined }, 'keys rotated');
    expect(lines).toEqual(['info|vcl info: keys rotated {"epoch":2,"sequence":"5"}']);
  });

  it('refuses a level that does not exist', () => {
    expect(() => consoleLogger('verbose' as never)).toThrow('error, warn, info, debug');
  });

  it('never shows the contents of byte strings or keys', () => {
    const seed = new Uint8Array(32).fill(7);
    const keyPair = KeyPair.fromSeed(seed);
    const { sink, lines } = recorder();
    const fields = { seed, inner: { buffer: Buffer.from(seed), raw: seed.buffer }, keyPair };
    consoleLogger('info', sink).info(fields, 'leak?');
    expect(lines[0]).toContain('"seed":"<32 bytes>","inner":{"buffer":"<32 bytes>"');
    expect(lines[0]).not.toMatch(/7,7|0707|BwcH/);
  });

  it('shows an error with its code and without its stack', () => {
    const { sink, lines } = recorder();
    const error = new VCLError('Timeout', 'no answer in 10 s');
    consoleLogger('info', sink).error({ error }, 'closed');
    expect(lines).toEqual([
      'error|vcl error: closed {"error":"VCLError: Timeout: no answer in 10 s"}',
    ]);
  });

  it('writes one line whatever the peer says', () => {
    const { sink, lines } = recorder();
    const reason = 'x\nvcl info: all is well\u001b[2J\u009b2J\u2028';
    consoleLogger('info', sink).warn({ reason }, 'closed');
    expect(lines[0]).toBe(
      String.raw`warn|vcl warn: closed {"reason":"x\nvcl info: all is well\u001b[2J\u009b2J\u2028"}`,
    );
  });

  it('does not throw on what cannot be shown', () => {
    const { sink, lines } = recorder();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    consoleLogger('info', sink).info(circular, 'odd');
    expect(lines).toEqual(['info|vcl info: odd {"unprintable":true}']);
  });
});

describe('a Logger', () => {
  it('may be a pino logger', () => {
    const lines: unknown[] = [];
    const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
    const logger: Logger = pino({ level: 'info' }, destination);
    logger.warn({ reason: 'replay' }, 'datagram dropped');
    logger.debug({}, 'unseen');
    expect(lines).toEqual([
      expect.objectContaining({ level: 40, reason: 'replay', msg: 'datagram dropped' }),
    ]);
    expect(logger.isLevelEnabled?.('debug')).toBe(false);
  });

  it('may be silent', () => {
    for (const level of LEVELS) {
      expect(silentLogger[level]({ a: 1 }, 'text')).toBeUndefined();
      expect(silentLogger.isLevelEnabled?.(level)).toBe(false);
    }
  });
});

function recorder(): { sink: ConsoleSink; lines: string[] } {
  const lines: string[] = [];
  const record = (level: string) => (line: string) => {
    lines.push(`${level}|${line}`);
  };
  const sink: ConsoleSink = {
    error: record('error'),
    warn: record('warn'),
    info: record('info'),
    debug: record('debug'),
  };
  return { sink, lines };
}
