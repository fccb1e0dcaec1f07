import { describe, expect, it } from 'vitest';
import { defaultIdentityPath, vclHome } from '../src/cli-io.js';
import { Output } from '../src/output.js';
import { FakeIo, FakeSink } from './support/fake-io.js';

describe('the result of a command', () => {
  it('is lines for people', () => {
    const stdout = new FakeSink();
    new Output({ stdout, colors: false }, false).result({ a: 1 }, (paint) => [
      paint.bold('one'),
      paint.red('two'),
    ]);
    expect(stdout.text).toBe('one\ntwo\n');
  });

  it('has colors where they are wanted', () => {
    const stdout = new FakeSink();
    new Output({ stdout, colors: true }, false).result({}, (paint) => [paint.red('two')]);
    expect(stdout.text).toBe('\x1b[31mtwo\x1b[39m\n');
  });

  it('is one JSON document with --json, without colors', () => {
    const stdout = new FakeSink();
    new Output({ stdout, colors: true }, true).result({ a: [1], b: null }, () => {
      throw new Error('not for programs');
    });
    expect(JSON.parse(stdout.text)).toEqual({ a: [1], b: null });
  });
});

describe('default paths', () => {
  it('are below the home directory, or where VCL_HOME says', () => {
    const home = '/people/ann';
    expect(defaultIdentityPath(new FakeIo({ home }))).toBe('/people/ann/.vcl/identity');
    expect(vclHome(new FakeIo({ home, env: { VCL_HOME: '' } }))).toBe('/people/ann/.vcl');
    expect(vclHome(new FakeIo({ home, env: { VCL_HOME: '/srv/vcl' } }))).toBe('/srv/vcl');
  });
});
