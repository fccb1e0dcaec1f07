import { describe, expect, test } from 'vitest';
import { budgetProblems, medianLines } from '../check-budgets.mjs';
import { exportProblems } from '../check-exports.mjs';
import { layerProblems } from '../check-layers.mjs';
import { wordProblems } from '../check-words.mjs';

describe('layers', () => {
  const problemsOf = (path, text) => layerProblems([[`packages/${path}`, text]]);

  test.each([
    ['core/src/wire/a.ts', "import { b } from '../crypto/b.js';"],
    ['core/src/wire/a.ts', "import { b } from './frames/b.js';\nimport { c } from '../errors.js';"],
    ['core/src/crypto/a.ts', "import { x } from '@noble/hashes/sha2.js';"],
    [
      'core/src/legacy/a.ts',
      "import { x } from '../crypto/b.js';\nimport { y } from '../fifo.js';",
    ],
    ['core/src/index.ts', "export { b } from './endpoint/b.js';"],
    ['core/src/a.ts', '/** Not Date.now(). */\nexport const dateOf = (x: { Date: 1 }) => x.Date;'],
    ['core/src/a.ts', 'export const half = (x: number) => Math.floor(x / 2);'],
    ['testkit/src/a.ts', "import { createSeededProvider } from '@vcl-protocol/core';"],
    ['vcl-protocol/src/a.ts', "import { x } from 'node:fs';\nexport const now = Date.now;"],
    ['cli/src/a.ts', "import { x } from 'vcl-protocol';\nimport { y } from 'commander';"],
  ])('%s may contain %j', (path, text) => {
    expect(problemsOf(path, text)).toEqual([]);
  });

  test.each([
    [
      'core/src/wire/a.ts',
      "import type { B } from '../chain/b.js';",
      'wire imports chain, which is above',
    ],
    [
      'core/src/chain/a.ts',
      "import { b } from '../recovery/b.js';",
      'chain imports recovery, which is beside',
    ],
    [
      'core/src/errors.ts',
      "import { b } from './crypto/b.js';",
      '(ground) imports crypto, which is above',
    ],
    ['core/src/legacy/a.ts', "import { b } from '../wire/b.js';", 'legacy imports wire, which is'],
    ['core/src/path/a.ts', "import { b } from '../legacy/b.js';", 'which only index may'],
    ['core/src/path/a.ts', "export * from '../index.js';", 'path imports index, which is above'],
    ['core/src/a.ts', "type T = import('./wire/b.js').B;", '(ground) imports wire, which is above'],
    ['core/src/news/a.ts', "import { b } from '../errors.js';", 'the folder news has no place'],
    ['core/src/a.ts', "import { x } from 'node:fs';", 'core imports node:fs'],
    ['core/src/a.ts', "const x = await import('vcl-protocol');", 'core imports vcl-protocol'],
    ['core/src/a.ts', "import { x } from '../test/x.js';", 'outside of the sources'],
    ['core/src/a.ts', 'const t = Date.now();', 'Date: time and chance'],
    ['core/src/a.ts', 'const t = { performance };', 'performance: time and chance'],
    ['testkit/src/a.ts', 'const t = Math.random();', 'Math.random: time and chance'],
    ['testkit/src/a.ts', "import { x } from 'vcl-protocol';", 'testkit imports vcl-protocol'],
    ['vcl-protocol/src/a.ts', "import '@vcl-protocol/testkit';", 'imports @vcl-protocol/testkit'],
    [
      'vcl-protocol/src/a.ts',
      "import { x } from '@vcl-protocol/cli/x.js';",
      'imports @vcl-protocol/cli',
    ],
    [
      'cli/src/a.ts',
      "import { createSeededProvider } from '@vcl-protocol/core';",
      'can be predicted',
    ],
    ['new/src/a.ts', '', 'the package new has no rule'],
  ])('%s must not contain %j', (path, text, problem) => {
    expect(problemsOf(path, text)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('exports', () => {
  const problemsOf = (files) =>
    exportProblems(Object.entries(files).map(([path, text]) => [`packages/${path}`, text]));

  test('what a source, a test or the index takes is used', () => {
    const problems = problemsOf({
      'core/src/a.ts':
        'export const a = 1;\nexport function b() {}\nexport class C {}\nexport const d = 1;',
      'core/src/index.ts': "export { a } from './a.js';",
      'core/src/b.ts': "import { b as other } from './a.js';\ntype X = import('./a.js').d;",
      'core/test/a.test.ts': "import { C } from '../src/a.js';",
    });
    expect(problems).toEqual([]);
  });

  test('what the second entry of a package takes is used', () => {
    const problems = problemsOf({
      'vcl-protocol/src/legacy/a.ts': 'export const a = 1;\nexport const b = 1;',
      'vcl-protocol/src/legacy/index.ts': "export { a } from './a.js';\nexport const c = 1;",
    });
    expect(problems).toEqual(['packages/vcl-protocol/src/legacy/a.ts:2: nothing imports b']);
  });

  test('what nobody takes is named with its line', () => {
    const problems = problemsOf({
      'core/src/a.ts': 'const a = 1;\nexport const b = a;\nexport { a };',
    });
    expect(problems).toEqual([
      'packages/core/src/a.ts:2: nothing imports b',
      'packages/core/src/a.ts:3: nothing imports a',
    ]);
  });

  test('a type may be the shape of what its file exports', () => {
    const problems = problemsOf({
      'core/src/a.ts':
        'export interface Used {}\nexport type Unused = 1;\nexport const f = (x: Used) => x;',
      'core/src/index.ts': "export { f } from './a.js';",
    });
    expect(problems).toEqual(['packages/core/src/a.ts:2: nothing imports Unused']);
  });

  test('what is passed on must be taken in the end', () => {
    const files = {
      'core/src/a.ts': 'export const a = 1;\nexport const b = 2;',
      'core/src/all.ts': "export * from './a.js';",
      'core/src/some.ts': "export { a as c } from './all.js';",
      'core/src/user.ts': "import { c } from './some.js';",
    };
    expect(problemsOf(files)).toEqual(['packages/core/src/a.ts:2: nothing imports b']);
  });

  test('a package is taken by its name', () => {
    const problems = problemsOf({
      'core/src/index.ts': "export * from './a.js';",
      'core/src/a.ts': 'export const a = 1;',
      'core/src/internal.ts': '',
      'cli/src/b.ts': "import * as core from '@vcl-protocol/core';",
    });
    expect(problems).toEqual([]);
  });
});

describe('budgets', () => {
  const lines = (count) => 'x\n'.repeat(count);

  test('a file may have 350 lines and not one more', () => {
    const problems = budgetProblems([
      ['a.ts', lines(350)],
      ['b.ts', lines(351)],
    ]);
    expect(problems).toEqual(['b.ts: 351 lines, 350 are allowed']);
  });

  test('an allowed file must exist', () => {
    expect(budgetProblems([['a.ts', lines(400)]], ['a.ts'])).toEqual([]);
    expect(budgetProblems([], ['a.ts'])).toHaveLength(1);
  });

  test('the median is the line count in the middle', () => {
    expect(medianLines([9, 1, 5].map((count) => ['a.ts', lines(count)]))).toBe(5);
    expect(medianLines([])).toBe(0);
  });
});

describe('words', () => {
  // Joined here, because the check reads this file as well.
  test.each([
    ['see ', '/wo', 'rk/main/README.md'],
    ['cd ', '/ho', 'me/someone'],
    ['https://registry', '.npmjs', '.org/x'],
    ['//', ' TO', 'DO: later'],
    ['//', ' biome', '-ignore lint: no'],
    ['//', ' @ts', '-ignore'],
    ['-----BEGIN ', 'PRIVATE', ' KEY-----'],
    ['ghp', '_', 'a1'.repeat(18)],
    ['http://npm.', 'example', '/x'],
  ])('a line with %s%s%s is found', (...parts) => {
    const problems = wordProblems([['a.md', `fine\n${parts.join('')}\n`]], ['npm.example']);
    expect(problems).toEqual([expect.stringMatching(/^a\.md:2: /)]);
  });

  test.each(['./work/main', 'a-home/x', 'https://example.org/home/x', 'hackers', '\0TO' + 'DO'])(
    'a line with %j is fine',
    (line) => {
      expect(wordProblems([['a.md', line]])).toEqual([]);
    },
  );
});
