// What a user gets is not the repository but its packages: packs them from a fresh build, lets publint
// and attw look at them, installs them into an empty folder and runs the quick start from there. No
// install script may run, so nothing in them needs a compiler.
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT, readText } from './lib/files.mjs';
import { runNpm } from './lib/npm.mjs';
import { moveToFreePort } from './lib/ports.mjs';
import { runPair } from './lib/programs.mjs';
import { tool } from './lib/steps.mjs';

const LINTERS = [
  ['publint', (file) => tool('publint/src/cli.js', 'run', file, '--strict')],
  ['attw', (file) => tool('@arethetypeswrong/cli/dist/index.js', file, '--profile', 'esm-only')],
];

const folder = mkdtempSync(join(tmpdir(), 'vcl-packages-'));
try {
  build();
  const tarballs = pack();
  for (const tarball of tarballs) lint(tarball);
  const home = install(tarballs);
  await quickStart(home);
  legacyDoor(home);
  command(home);
  console.log(`packages: ${tarballs.length} are packed, clean and installed; the quick start runs`);
} catch (error) {
  console.error(`packages: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** From nothing: what a deleted source has left in dist would be packed, too. */
function build() {
  for (const path of workspaces()) {
    rmSync(join(ROOT, path, 'dist'), { recursive: true, force: true });
  }
  run(tool('typescript/bin/tsc', '-b', 'tsconfig.build.json'), ROOT);
  console.log('build: done, from nothing');
}

function workspaces() {
  return JSON.parse(readText('package.json')).workspaces;
}

/** @returns the paths of the tarballs */
function pack() {
  for (const path of workspaces()) {
    const args = ['pack', '--ignore-scripts', '--pack-destination', folder];
    const { status, stderr } = runNpm(args, { cwd: join(ROOT, path), encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm pack fails in ${path}:\n${stderr}`);
  }
  // What npm says about the names differs between its versions.
  const names = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  for (const name of names)
    console.log(`pack: ${name}, ${statSync(join(folder, name)).size} bytes`);
  return names.map((name) => join(folder, name));
}

function lint(tarball) {
  for (const [name, commandFor] of LINTERS) {
    run(commandFor(tarball), folder);
    console.log(`${name}: ${basename(tarball)} is clean`);
  }
}

/** @returns the folder that the packages are installed in */
function install(tarballs) {
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs];
  const { status, stderr } = runNpm(args, { cwd: home, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm install fails:\n${stderr}`);
  console.log('install: done, into an empty folder');
  return home;
}

/** The examples that README.md shows, beside each other on a free port. */
async function quickStart(home) {
  const names = ['server.mjs', 'client.mjs'];
  const sources = names.map((name) => readText(`examples/${name}`));
  const move = await moveToFreePort(sources);
  const env = { ...process.env, HOME: home, USERPROFILE: home, NO_COLOR: '1' };
  const programs = names.map((name, index) => {
    writeFileSync(join(home, name), move(sources[index]));
    return { command: [process.execPath, name], cwd: home, env };
  });
  const outcome = await runPair(programs[0], programs[1]);
  for (const [name, { stdout, stderr, failure }] of Object.entries(outcome)) {
    console.log(`quick start, ${name}:\n${stdout.replace(/^(?=.)/gm, '  ')}`.trimEnd());
    if (failure !== undefined) throw new Error(`the ${name} ${failure}\n${stderr}`);
    if (stdout === '') throw new Error(`the ${name} prints nothing\n${stderr}`);
  }
}

/** The second entry of the package vcl-protocol opens, and nothing but its own. */
function legacyDoor(home) {
  const source =
    "import { LegacyConnection } from 'vcl-protocol/legacy';" +
    "import * as main from 'vcl-protocol';" +
    "console.log(typeof LegacyConnection.bind, 'LegacyConnection' in main);";
  const printed = run([process.execPath, '--input-type=module', '-e', source], home);
  if (printed.trim() !== 'function false') throw new Error(`vcl-protocol/legacy: ${printed}`);
  console.log('entries: vcl-protocol/legacy opens');
}

/** The command of the package cli starts from where it was installed. */
function command(home) {
  const bin = join(home, 'node_modules', '@vcl-protocol', 'cli');
  const { bin: names, version } = JSON.parse(readFileSync(join(bin, 'package.json'), 'utf8'));
  const printed = run([process.execPath, join(bin, names.vcl), '--version'], home);
  if (!printed.includes(version)) throw new Error(`vcl --version prints ${printed.trim()}`);
  console.log(`command: vcl --version prints ${printed.trim()}`);
}

/** @returns what the command prints; throws when it fails */
function run([file, ...args], cwd) {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} fails:\n${stdout}${stderr}`);
  return stdout;
}
