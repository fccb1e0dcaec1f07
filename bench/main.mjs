// `npm run bench -- NAME`: measures the built packages. Each benchmark is a module of this folder with
// `OPTIONS`, as parseArgs takes them, and `run(values)`; the gate runs none of them, for a busy machine
// must not fail a change.
import { parseArgs } from 'node:util';

const BENCHMARKS = {
  micro: './micro.mjs',
  link: './link.mjs',
  carriers: './carriers.mjs',
  tunnel: './tunnel.mjs',
};

const [name, ...args] = process.argv.slice(2);
const path = Object.hasOwn(BENCHMARKS, name ?? '') ? BENCHMARKS[name] : undefined;
if (path === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join(' | ')} [--json]`);
  process.exitCode = 2;
} else {
  const { run, OPTIONS } = await import(path);
  await run(parseArgs({ args, options: OPTIONS }).values);
}
