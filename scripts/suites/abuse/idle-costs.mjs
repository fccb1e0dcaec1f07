// What sessions at rest cost a server, measured in a process of its own that can ask for collections.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('./idle-sessions.mjs', import.meta.url));
const TIMEOUT_MS = 300_000;
/** Heap of a session at rest, the server's side, and beside it backing stores of typed arrays. */
const MAX_HEAP_BYTES = 6_500;
const MAX_BUFFER_BYTES = 1_400;
/** A datagram into one of many sessions takes as long as into one of few. */
const MAX_RATIO = 1.5;

/** @param options `sessions`: how many are at rest */
export async function idleCosts({ sessions }) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', PROGRAM, String(sessions)],
    { timeout: TIMEOUT_MS },
  );
  const { heapBytes, externalBytes, fewMicros, manyMicros } = JSON.parse(stdout);
  const ratio = manyMicros / fewMicros;
  const problems = [];
  if (heapBytes > MAX_HEAP_BYTES) problems.push(`a session takes ${heapBytes} bytes of heap`);
  if (externalBytes > MAX_BUFFER_BYTES) problems.push(`its buffers take ${externalBytes} bytes`);
  if (ratio > MAX_RATIO) problems.push(`a datagram costs ${ratio.toFixed(2)} times as much`);
  const note = `${sessions} sessions: ${heapBytes} bytes of heap and ${externalBytes} of buffers each, ${fewMicros} us a datagram with 100 sessions, ${manyMicros} with all`;
  return { note, problems };
}
