// What the documentation says works: runs the marked examples of README.md and docs/*.md with the built
// packages and compares what they print with what is written. lib/markdown-examples.mjs says how an
// example is marked. Every program runs in an empty folder, which is its home as well.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import ts from 'typescript';
import { listFiles, ROOT, readText } from './lib/files.mjs';
import { findExamples } from './lib/markdown-examples.mjs';
import { moveToFreePort } from './lib/ports.mjs';
import { runPair, runProgram } from './lib/programs.mjs';
import { isMain, report } from './lib/report.mjs';

const DOCUMENTS = /^(README\.md|docs\/.*\.md)$/;
/** Inside of node_modules, so that the examples find the packages as a user's program does. */
const CACHE = join(ROOT, 'node_modules', '.cache', `vcl-examples-${process.pid}`);
const COMMANDS = {
  js: (folder) => [process.execPath, join(folder, 'main.mjs')],
  ts: (folder) => [process.execPath, join(folder, 'main.mjs')],
  sh: (folder) => ['bash', '-eu', join(folder, 'main.sh')],
};
const FILE_NAMES = { js: 'main.mjs', ts: 'main.mts', sh: 'main.sh' };

/**
 * @param documents pairs of path and text
 * @returns `count` of examples that ran, and `problems`, one string each
 */
export async function checkDocuments(documents) {
  const found = documents.map(([path, text]) => findExamples(path, text));
  const problems = found.flatMap((one) => one.problems);
  const groups = found.flatMap((one) => one.groups);
  problems.push(...groups.flat().flatMap(fileProblems));
  try {
    const programs = [];
    for (const group of groups) programs.push(await writePrograms(group, programs.length));
    problems.push(...compile(programs.flat()));
    for (const group of programs) problems.push(...(await runGroup(group)));
  } finally {
    rmSync(CACHE, { recursive: true, force: true });
  }
  return { count: groups.length, problems };
}

function fileProblems({ where, file, code }) {
  if (file === undefined) return [];
  if (!existsSync(join(ROOT, file))) return [`${where}: there is no ${file}`];
  return readText(file) === code ? [] : [`${where}: the block differs from ${file}`];
}

/** Writes the programs of one group, on one free port if they are a pair. */
async function writePrograms(group, index) {
  const codes = group.map((example) => example.code);
  const move = group.length === 1 ? (text) => text : await moveToFreePort(codes);
  return group.map((example) => {
    const folder = join(CACHE, String(index), example.role ?? 'program');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, FILE_NAMES[example.language]);
    writeFileSync(file, move(example.code));
    const home = { HOME: folder, USERPROFILE: folder, NO_COLOR: '1' };
    const path = join(ROOT, 'node_modules', '.bin') + delimiter + process.env.PATH;
    return {
      ...example,
      expected: example.expected === undefined ? undefined : move(example.expected),
      file,
      command: COMMANDS[example.language](folder),
      cwd: folder,
      env: { ...process.env, ...home, PATH: path },
    };
  });
}

/** Checks the types of the TypeScript examples and writes what Node runs beside them. */
function compile(programs) {
  const typed = programs.filter((program) => program.language === 'ts');
  if (typed.length === 0) return [];
  const compiler = ts.createProgram(
    typed.map((program) => program.file),
    {
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      strict: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules', '@types')],
    },
  );
  compiler.emit();
  return ts.getPreEmitDiagnostics(compiler).map(({ file, start, messageText }) => {
    const example = typed.find((program) => program.file === file?.fileName);
    const line = example === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    return `${example?.where ?? 'TypeScript'}: line ${line} of the example: ${text}`;
  });
}

async function runGroup(group) {
  if (group.length === 1) return problemsOf(group[0], await runProgram(group[0]));
  const server = group.find((program) => program.role === 'server');
  const client = group.find((program) => program.role === 'client');
  const outcome = await runPair(server, client, (stdout) => isAsWritten(server.expected, stdout));
  return [...problemsOf(server, outcome.server), ...problemsOf(client, outcome.client)];
}

function problemsOf({ where, name, role, expected }, { stdout, stderr, failure }) {
  const what = `${where}: ${name}${role === undefined ? '' : ` (${role})`}`;
  if (failure !== undefined) return [`${what} ${failure}\n${indent(stdout + stderr)}`];
  if (isAsWritten(expected, stdout)) return [];
  return [
    `${what} does not print what is written, but\n${indent(stdout)}instead of\n${indent(expected)}`,
  ];
}

/** Whether the output is to the letter what is written, where `…` stands for anything in a line. */
function isAsWritten(expected, actual) {
  if (expected === undefined) return true;
  const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = expected.trimEnd().split('…').map(literal).join('.*');
  return new RegExp(`^${pattern}$`).test(actual.trimEnd().replaceAll('\r\n', '\n'));
}

function indent(text) {
  return text.trimEnd().replace(/^/gm, '    ').concat('\n');
}

if (isMain(import.meta.url)) {
  const paths = listFiles().filter((path) => DOCUMENTS.test(path));
  const documents = paths.map((path) => [path, readText(path)]);
  const { count, problems } = await checkDocuments(documents);
  report('examples', problems, `${count} examples in ${paths.length} documents do what they say`);
}
