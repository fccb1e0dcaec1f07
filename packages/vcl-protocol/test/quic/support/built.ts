import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { noQuic } from './native-pair.js';

const SOURCES = fileURLToPath(new URL('../../../src/quic/', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../../dist/quic/child/main.js', import.meta.url));
const BUILD = fileURLToPath(new URL('../../../dist/tsconfig.tsbuildinfo', import.meta.url));

/** Why the child process cannot be run here, for `skipIf`: it runs from what was built. */
export const noChild: string | undefined = noQuic ?? staleness();

function staleness(): string | undefined {
  if (!existsSync(PROGRAM) || !existsSync(BUILD)) {
    return 'the child process was not built: run npm run build';
  }
  const builtAt = statSync(BUILD).mtimeMs;
  for (const name of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    const isOfChild = /^(child|pipe)[/\\]|^native/.test(name) && name.endsWith('.ts');
    if (isOfChild && statSync(`${SOURCES}${name}`).mtimeMs > builtAt) {
      return 'what was built of the child process is old: run npm run build';
    }
  }
  return undefined;
}
