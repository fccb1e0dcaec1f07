import { VCLError, type VCLErrorCode } from '@vcl-protocol/core';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodeOf, systemCodeOf } from '../src/exit-codes.js';
import { describeFailure } from '../src/failure.js';

describe('the line for an error', () => {
  it('shows message and code of a VCLError', () => {
    const error = new VCLError('HandshakeFailed', 'no answer from 127.0.0.1:1');
    expect(describeFailure(error, 'demo')).toEqual({
      line: 'vcl: no answer from 127.0.0.1:1 (HandshakeFailed)',
      exitCode: 70,
    });
  });

  it('stays one line whatever the message holds', () => {
    const { line } = describeFailure(new VCLError('IoError', 'a\nb\x1b[31m'), undefined);
    expect(line).toBe('vcl: a\\u000ab\\u001b[31m (IoError)');
  });

  it('says how to learn more of an unexpected error', () => {
    expect(describeFailure(new TypeError('x is not a function'), 'info')).toEqual({
      line: 'vcl: unexpected error: TypeError: x is not a function; VCL_LOG_LEVEL=debug shows where',
      exitCode: 70,
    });
    expect(describeFailure('thrown text', 'info').line).toContain('thrown text');
  });

  it('tells an interruption', () => {
    const { reason } = AbortSignal.abort();
    expect(describeFailure(reason, 'demo')).toEqual({ line: 'vcl: interrupted', exitCode: 130 });
  });

  it('joins the lines of a usage error', () => {
    const error = new CommanderError(
      1,
      'commander.unknownOption',
      'error: no\n(Did you mean yes?)',
    );
    expect(describeFailure(error, undefined)).toEqual({
      line: 'vcl: no (Did you mean yes?); see vcl --help',
      exitCode: 64,
    });
  });

  it('has nothing to add to help', () => {
    const error = new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)');
    expect(describeFailure(error, 'info')).toEqual({ line: undefined, exitCode: 0 });
  });
});

describe('the exit code for an error', () => {
  it.each([
    ['InvalidConfig', 64],
    ['InvalidKey', 65],
    ['IoError', 74],
    ['Timeout', 74],
    ['ConnectionClosed', 70],
  ] satisfies [VCLErrorCode, number][])('%s gives %d', (code, exitCode) => {
    expect(exitCodeOf(new VCLError(code, 'text'))).toBe(exitCode);
  });

  it('looks for a file that exists underneath', () => {
    const system = Object.assign(new Error('exists'), { code: 'EEXIST' });
    const inner = new VCLError('IoError', 'inner', { cause: system });
    const outer = new VCLError('IoError', 'outer', { cause: inner });
    expect(systemCodeOf(outer)).toBe('EEXIST');
    expect(exitCodeOf(outer)).toBe(73);
    expect(systemCodeOf(new VCLError('IoError', 'none'))).toBeUndefined();
    expect(systemCodeOf('text')).toBeUndefined();
  });
});
