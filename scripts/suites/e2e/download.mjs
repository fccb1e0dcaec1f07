// Downloads a file over one TCP connection and tells how it came: bytes, SHA-256, the longest time
// without anything. `node download.mjs URL`
import { createHash } from 'node:crypto';
import { get } from 'node:http';

const hash = createHash('sha256');
const start = performance.now();
let bytes = 0;
let last = 0;
let longestGapMs = 0;

get(process.argv[2], (response) => {
  console.log('begun');
  response.on('data', (chunk) => {
    const now = performance.now();
    if (last > 0) longestGapMs = Math.max(longestGapMs, now - last);
    last = now;
    bytes += chunk.length;
    hash.update(chunk);
  });
  response.on('end', () => {
    const seconds = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ bytes, sha256: hash.digest('hex'), longestGapMs, seconds }));
  });
}).on('error', (error) => {
  console.log(JSON.stringify({ error: error.message }));
  process.exitCode = 1;
});
