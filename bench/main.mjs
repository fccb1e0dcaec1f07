// `npm run bench -- NAME`: measures the built packages. Each benchmark is a module of this folder with
// `run(options)`; the gate runs none of them, for a busy machine must not fail a change.
const BENCHMARKS = { micro: './micro.mjs' };

const [name, ...options] = process.argv.slice(2);
const path = Object.hasOwn(BENCHMARKS, name ?? '') ? BENCHMARKS[name] : undefined;
if (path === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join(' | ')} [--json]`);
  process.exitCode = 2;
} else {
  const { run } = await import(path);
  await run({ json: options.includes('--json') });
}
