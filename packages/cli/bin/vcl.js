#!/usr/bin/env node
// Copying many small files waits for the disk in this pool; it is made when it is first used.
process.env.UV_THREADPOOL_SIZE ??= '16';
const { main } = await import('../dist/main.js');

process.exitCode = await main(process.argv.slice(2));
