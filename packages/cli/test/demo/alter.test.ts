import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alterCopy, planAlteration } from '../../src/demo/alter.js';
import { verifyLogFile } from '../../src/verify/verify-file.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { TestSession } from '../support/test-session.js';

function written(log: Uint8Array): { log: string; copy: string } {
  const directory = temporaryDirectory();
  const file = join(directory, 'log');
  writeFileSync(file, log);
  return { log: file, copy: join(directory, 'copy') };
}

describe('altering a log', () => {
  it('changes one bit of a payload in the middle of a copy', async () => {
    const session = new TestSession();
    for (let n = 0; n < 9; n++) session.send(0, 0, `${n}`.repeat(10_000));
    const bytes = session.sign(0).finish().file();
    const { log, copy } = written(bytes);
    const planned = await alterCopy(log, copy);
    expect(planned).toMatchObject({ direction: 0, lane: 0, message: 5 });
    const changed = readFileSync(copy);
    expect(changed[planned.byteOffset]).toBe('5'.charCodeAt(0) ^ 1);
    changed[planned.byteOffset]! ^= 1;
    expect(changed.equals(bytes)).toBe(true);
    expect(readFileSync(log).equals(bytes)).toBe(true);
  });

  it('is found by verifying: the message and the offset of its entry', async () => {
    const session = new TestSession().send(0, 1, 'l').send(0, 0, 'r').send(1, 0, 'answer');
    const { log, copy } = written(session.sign(0).sign(1).finish().file());
    const planned = await alterCopy(log, copy);
    expect((await verifyLogFile(log)).report.status).toBe('whole');
    const { report } = await verifyLogFile(copy);
    expect(report.status).toBe('altered');
    const lane = report.sessions[0]!.directions[planned.direction].lanes[planned.lane];
    expect(lane.alterations).toEqual([
      {
        kind: 'entry',
        fromMessage: planned.message,
        toMessage: planned.message,
        fileOffset: planned.entryOffset,
      },
    ]);
  });

  it('takes the last payload when none is in the second half', async () => {
    const session = new TestSession().send(0, 0, 'a').send(0, 1, 'b').send(0, 0, '').sign(0);
    for (let k = 0; k < 20; k++) session.sign(1);
    const { log } = written(session.finish().file());
    expect(await planAlteration(log)).toMatchObject({ lane: 1, message: 0 });
  });

  it('says when there is no payload', async () => {
    const session = new TestSession({ payloads: 'redacted' }).send(0, 0, 'a').sign(0).finish();
    const { log, copy } = written(session.file());
    await expect(alterCopy(log, copy)).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('no payload'),
    });
  });
});
