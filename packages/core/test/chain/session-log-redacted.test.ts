import { describe, expect, it } from 'vitest';
import { LEAF_HEADER_BYTES, writeLeafHead } from '../../src/chain/leaf.js';
import { hex, utf8 } from '../../src/crypto/bytes.js';
import { entriesOf, verifyLog } from './log-support.js';
import { crypto } from './node-crypto.js';
import { RecordedSession } from './recorded-session.js';

const ANSWERS = ['yes', 'no', 'yes', 'yes'];

function answers(payloads: 'kept' | 'redacted'): Uint8Array {
  const session = new RecordedSession({ payloads });
  for (const answer of ANSWERS) session.send(0, 0, answer);
  return session.finish().take();
}

function leavesOf(file: Uint8Array): string[] {
  return entriesOf(file).flatMap(({ entry }) =>
    entry.type === 'message' ? [hex(entry.leaf)] : [],
  );
}

describe('a redacted log', () => {
  const file = answers('redacted');

  it('is whole without its payloads', () => {
    expect(verifyLog(file)).toMatchObject({ exitCode: 0, sessions: [{ payloads: 'redacted' }] });
  });

  it('holds neither payloads nor salts', () => {
    const kept = entriesOf(answers('kept'));
    const text = hex(file);
    for (const { entry } of kept) {
      if (entry.type === 'message') expect(text).not.toContain(hex(entry.shown!.salt));
    }
    expect(text).not.toContain(hex(utf8('yes')));
  });

  it('gives equal messages different leaves', () => {
    expect(new Set(leavesOf(file)).size).toBe(ANSWERS.length);
  });

  it('gives nothing away to somebody who tries every likely message without the salt', () => {
    const leaves = new Set(leavesOf(file));
    for (let n = 0; n < ANSWERS.length; n++) {
      for (const guess of ['yes', 'no', '', '1234']) {
        const bytes = new Uint8Array(LEAF_HEADER_BYTES + guess.length);
        writeLeafHead(bytes, 0, 7, n, guess.length);
        bytes.set(utf8(guess), LEAF_HEADER_BYTES);
        expect(leaves.has(hex(crypto.sha256(bytes)))).toBe(false);
      }
    }
  });

  it('has the same leaves and statements as the log with payloads', () => {
    expect(leavesOf(file)).toEqual(leavesOf(answers('kept')));
    const [redacted, kept] = [verifyLog(file), verifyLog(answers('kept'))].map(
      (report) => report.sessions[0]!.directions[0].hashes.last!,
    );
    expect(hex(redacted!)).toBe(hex(kept!));
  });

  it('may not show a payload, nor a log with payloads hide one', () => {
    for (const payloads of ['kept', 'redacted'] as const) {
      const mixed = answers(payloads);
      // The flag stands behind version, recorder and evidence of the first entry.
      mixed[8 + 5 + 6]! ^= 1;
      expect(verifyLog(mixed).sessions[0]!.problems).toContainEqual(
        expect.objectContaining({ code: 'payload-form' }),
      );
    }
  });
});
