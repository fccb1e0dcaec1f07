import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkProblem, pathProblem } from '../../src/transfer/files/path-problem.js';

describe('a path from the network', () => {
  it.each(['a', 'a/b', '.hidden', 'a b/ü', 'con', 'a\\b', 'x:y', '...'])('may be %s', (path) =>
    expect(pathProblem(path, 'linux')).toBeUndefined(),
  );

  it.each([
    ['', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['..', '..'],
    ['a/../../b', '..'],
    ['a/./b', '.'],
    ['a//b', 'empty name'],
    ['a/', 'empty name'],
    ['a\0b', 'zero byte'],
    ['x'.repeat(256), '255'],
    ['x/'.repeat(300).slice(0, -1), '256 names'],
    [`${'x'.repeat(200)}/`.repeat(21).slice(0, -1), '4096'],
    ['.vcl-partial/x', 'unfinished'],
    ['deep/.VCL-partial/x', 'unfinished'],
    ['.VCL-Partial', 'unfinished'],
  ])('may not be %j', (path, why) => {
    expect(pathProblem(path, 'linux')).toContain(why);
  });

  it.each([
    'con',
    'NUL.txt',
    'aux',
    'a/COM1',
    'lpt9.x',
    'con .x',
    'a.',
    'a ',
    'a:b',
    'a\\b',
    'a\u0001',
    'a?b',
  ])('may not be %j on Windows', (path) => expect(pathProblem(path, 'win32')).toBeDefined());

  it.each(['console', 'a.con', 'com10', 'ordinary name.txt'])('may be %s on Windows', (path) => {
    expect(pathProblem(path, 'win32')).toBeUndefined();
  });

  it('never leads out of the directory', () => {
    const names = fc.constantFrom('..', '.', '', 'a', '\0', '/', '...', 'b');
    fc.assert(
      fc.property(fc.array(names, { maxLength: 8 }), (parts) => {
        const path = parts.join('/');
        if (pathProblem(path, 'linux') !== undefined) return;
        expect(posix.join('/top/dir', path)).toBe(`/top/dir/${path}`);
      }),
    );
  });
});

describe('the target of a link', () => {
  it.each([
    ['a', 'b'],
    ['a/b', '../c'],
    ['a/b/c', '../../d/e'],
    ['a/b', './c'],
  ])('from %s may be %s', (path, target) => expect(linkProblem(path, target)).toBeUndefined());

  it.each([
    ['a', '/etc'],
    ['a', '../b'],
    ['a/b', '../../c'],
    ['a', ''],
    ['a', 'b\0'],
    ['a', 'C:\\x'],
    ['a', 'c:/x'],
    // Another link may make `d/..` mean something else.
    ['a', 'd/../..'],
    ['a/b', 'd/../c'],
  ])('from %s may not be %j', (path, target) => expect(linkProblem(path, target)).toBeDefined());
});
