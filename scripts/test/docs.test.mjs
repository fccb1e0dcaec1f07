import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkDocuments } from '../check-docs.mjs';
import { findExamples } from '../lib/markdown-examples.mjs';

const fixture = (name) => [
  name,
  readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)), 'utf8'),
];

test('examples that do what is written give no problem', async () => {
  const result = await checkDocuments([fixture('good.md')]);
  expect(result).toEqual({ count: 5, problems: [] });
});

test('every example that does something else is named with its line', async () => {
  const { problems } = await checkDocuments([fixture('bad.md')]);
  expect(problems.map((problem) => problem.split('\n')[0])).toEqual([
    'bad.md:32: the block differs from scripts/test/fixtures/shell.sh',
    "bad.md:27: line 1 of the example: Type 'number' is not assignable to type 'string'.",
    'bad.md:3: prints something else does not print what is written, but',
    'bad.md:12: prints too much does not print what is written, but',
    'bad.md:21: fails ended with 3',
    'bad.md:37: pair (server) ended with 4',
  ]);
  expect(problems[4]).toContain('    before the end');
});

test.each([
  ['<!-- example: lost -->\n\nNo block.\n', 'a.md:1: no js, ts, sh block follows'],
  ['<!-- example: lost -->\n```json\n{}\n```\n', 'a.md:1: no js, ts, sh block follows'],
  ['<!-- example: -->\n```js\n```\n', 'a.md:1: the example has no name'],
  ['<!-- example: half server -->\n```js\n```\n', 'a.md:1: half must be one program'],
  [
    '<!-- example: twice -->\n```js\n```\n<!-- example: twice -->\n```js\n```\n',
    'a.md:1: twice must be one program',
  ],
])('a document is refused for %j', (text, problem) => {
  const { groups, problems } = findExamples('a.md', text);
  expect(groups).toEqual([]);
  expect(problems).toEqual([expect.stringContaining(problem)]);
});

test('a fence inside a longer fence belongs to the example', () => {
  const { groups } = findExamples('a.md', '<!-- example: x -->\n````sh\n```js\n```\n````\n');
  expect(groups[0][0].code).toBe('```js\n```\n');
});
