// What `vcl verify` does with a log, from the file to the lines that it prints.
import { describeVerification } from '../../packages/cli/dist/verify/describe.js';
import { formatVerification } from '../../packages/cli/dist/verify/format-report.js';
import { verifyLogFile } from '../../packages/cli/dist/verify/verify-file.js';
import { findEquivocation } from '../../packages/core/dist/chain/session-log/equivocation.js';
import { setFile } from '../engine/memory-fs.mjs';
import { check } from './support/checks.mjs';
import { genuineLogs, LOG_DICTIONARY } from './support/logs.mjs';

const MAX_LOG_BYTES = 8_192;
const PAINT = new Proxy({}, { get: () => (text) => text });

/** What `vcl verify` does with a file, as text and as JSON. */
async function runCliVerify(input) {
  setFile(input);
  const verified = await verifyLogFile('session.vcllog');
  check(verified.bytes === input.length, 'not all of the file was read');
  const comparison = findEquivocation(verified.report, verified.report);
  const document = describeVerification([verified], comparison);
  check(document.exitCode === verified.report.exitCode, 'another exit code');
  const json = JSON.parse(JSON.stringify(document));
  check(json.status === document.status, 'the document is not the same as JSON');
  const text = formatVerification(document, PAINT).join('\n');
  // Escape sequences of a terminal would let a log write its own verdict.
  for (let i = 0; i < text.length; i++) {
    if (isControl(text.charCodeAt(i))) check(false, 'a control character is shown');
  }
}

function isControl(code) {
  return (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code < 0xa0);
}

export const targets = [
  {
    name: 'cli-verify',
    maxBytes: MAX_LOG_BYTES,
    dictionary: LOG_DICTIONARY,
    seeds: genuineLogs,
    run: runCliVerify,
  },
];
