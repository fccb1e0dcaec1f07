import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { asLogger, createLog, LOG_LEVELS, resolveLogLevel } from '../src/log.js';
import { FakeSink } from './support/fake-io.js';

describe('the log level', () => {
  it('is the option, else the environment, else warn', () => {
    expect(resolveLogLevel('debug', { VCL_LOG_LEVEL: 'error' })).toBe('debug');
    expect(resolveLogLevel(undefined, { VCL_LOG_LEVEL: 'error' })).toBe('error');
    expect(resolveLogLevel(undefined, { VCL_LOG_LEVEL: '' })).toBe('warn');
    expect(resolveLogLevel(undefined, {})).toBe('warn');
  });

  it.each(LOG_LEVELS)('%s shows itself and what is graver', (level) => {
    const sink = new FakeSink();
    const log = createLog(level, sink);
    for (const each of LOG_LEVELS) log[each](each);
    const shown = sink.lines.map((line) => JSON.parse(line).level);
    expect(shown).toEqual(LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1));
  });
});

describe("the library's logger", () => {
  it('writes JSON lines with names and values', () => {
    const sink = new FakeSink();
    asLogger(createLog('info', sink)).warn(
      { fingerprint: 'SHA256:x', count: 3n },
      'client refused',
    );
    expect(sink.lines).toHaveLength(1);
    expect(JSON.parse(sink.lines[0]!)).toMatchObject({
      level: 'warn',
      fingerprint: 'SHA256:x',
      count: '3',
      msg: 'client refused',
      pid: process.pid,
    });
  });

  it('says which levels are on, and writes nothing at the others', () => {
    const sink = new FakeSink();
    const logger = asLogger(createLog('info', sink));
    logger.debug({}, 'detail');
    expect(sink.text).toBe('');
    expect(logger.isLevelEnabled?.('debug')).toBe(false);
    expect(logger.isLevelEnabled?.('info')).toBe(true);
    expect(asLogger(createLog('trace', sink)).isLevelEnabled?.('debug')).toBe(true);
  });

  it('shows byte strings by their length and errors by their words', () => {
    const sink = new FakeSink();
    const secret = new Uint8Array(32).fill(65);
    const error = new VCLError('IoError', 'disk full');
    asLogger(createLog('info', sink)).error(
      { secret, buffer: Buffer.from(secret), raw: secret.buffer, error },
      'trouble',
    );
    expect(JSON.parse(sink.text)).toMatchObject({
      secret: '<32 bytes>',
      buffer: '<32 bytes>',
      raw: '<32 bytes>',
      error: 'VCLError: IoError: disk full',
    });
    expect(sink.text).not.toContain('65,65');
  });

  it('keeps control characters from the terminal and every line one line', () => {
    const sink = new FakeSink();
    asLogger(createLog('info', sink)).info({ reason: 'a\nb\u009b2J\u2028' }, 'closed');
    expect(sink.lines).toHaveLength(1);
    expect(sink.text).not.toMatch(/[\u009b\u2028]/);
    expect(JSON.parse(sink.text).reason).toBe('a\nb\u009b2J\u2028');
  });
});
