import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const source = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const STORE = source('tunnel/src/store/sqlite-peer-store.ts');

/**
 * Makes a program of a script that may use `SqlitePeerStore` and `path`, the file it is started with.
 *
 * @returns the program's file, in `folder`
 */
export async function programOf(folder: string, script: string): Promise<string> {
  const entry = join(folder, 'entry.ts');
  const outfile = join(folder, 'program.mjs');
  writeFileSync(
    entry,
    `import { SqlitePeerStore } from ${JSON.stringify(STORE)};
     const path = process.argv[2]!;
     const name = process.argv[3]!;
     ${script}`,
  );
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { '@vcl-protocol/core': source('core/src/index.ts') },
    nodePaths: [source('../node_modules')],
    // Where optional packages are looked for.
    define: { 'import.meta.url': JSON.stringify(new URL(`file://${STORE}`).href) },
  });
  return outfile;
}

/** Runs a program to its end. @returns what it printed */
export async function run(program: string, path: string, name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, path, name]);
  return stdout.trim();
}

/** Starts a program and waits for its first line. @returns what ends it at once, as SIGKILL does */
export async function startAndWait(program: string, path: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [program, path, ''], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(createInterface(child.stdout), 'line');
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}
