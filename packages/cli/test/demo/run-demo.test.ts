import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { formatDemo } from '../../src/demo/format-report.js';
import type { DemoReport } from '../../src/demo/report.js';
import { type DemoOptions, runDemo } from '../../src/demo/run-demo.js';
import { asLogger, createLog } from '../../src/log.js';
import { plainPaint } from '../../src/output.js';
import { verifyLogFile } from '../../src/verify/verify-file.js';
import { FakeSink } from '../support/fake-io.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { FakeParts, type FakeTransferOptions } from './fake-parts.js';

const FILE_BYTES = 20_500;

interface Ran {
  readonly report: DemoReport;
  readonly parts: FakeParts;
  readonly steps: string[];
  readonly progress: number[];
}

async function run(
  fake: FakeTransferOptions = {},
  options: Partial<DemoOptions> = {},
): Promise<Ran> {
  const parts = new FakeParts(fake);
  const steps: string[] = [];
  const progress: number[] = [];
  const report = await runDemo({ ...defaults(), ...options }, parts, {
    onStep: (text) => void steps.push(text),
    onBytes: (bytes) => void progress.push(bytes),
  });
  return { report, parts, steps, progress };
}

function defaults(): DemoOptions {
  const sourcePath = join(temporaryDirectory(), 'source');
  writeFileSync(sourcePath, Buffer.alloc(FILE_BYTES, 'VCL '));
  const logger = asLogger(createLog('error', new FakeSink()));
  const { signal } = new AbortController();
  return { sourcePath, lossPercent: 2, seed: 4711, logger, signal };
}

describe('the demo', () => {
  it('holds when the file arrived, the log is whole and the change was located', async () => {
    const { report, parts, steps, progress } = await run();
    expect(report.checks).toEqual({
      fileArrived: true,
      logWhole: true,
      alterationFound: true,
      alterationLocated: true,
    });
    expect(report.held).toBe(true);
    expect(report.file.bytes).toBe(FILE_BYTES);
    expect(report.transfer).toMatchObject({ messages: 21, bytesPerSecond: 2 * FILE_BYTES });
    expect(report.network).toMatchObject({ lossPercent: 2, heldMs: 2, seed: 4711 });
    expect(report.log).toMatchObject({ file: null, status: 'whole', messages: 21, statements: 5 });
    const { changed, found, status } = report.alteration;
    expect(status).toBe('altered');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      fromMessage: changed.message,
      fileOffset: changed.entryOffset,
    });
    expect(parts.stopped).toBe(1);
    expect(steps).toHaveLength(2);
    expect([progress[0], progress.at(-1)]).toEqual([0, FILE_BYTES]);
  });

  it.each([
    ['the receiver got another file', { damaged: true }, 'fileArrived'],
    ['the log lacks a message', { incomplete: true }, 'logWhole'],
    ['the log has no end', { unfinished: true }, 'logWhole'],
  ] as const)('does not hold when %s', async (_, fake, failed) => {
    const { report } = await run(fake);
    expect(report.held).toBe(false);
    const failures = Object.entries(report.checks).filter(([, ok]) => !ok);
    expect(failures).toEqual([[failed, false]]);
    const text = formatDemo(report, plainPaint).join('\n');
    expect(text).toContain('FAILED');
    expect(text).toContain('NOT everything held');
  });

  it('leaves the logs with --keep, the changed one changed', async () => {
    const keepDirectory = join(temporaryDirectory(), 'kept');
    const { report } = await run({}, { keepDirectory });
    expect(readdirSync(keepDirectory).toSorted()).toEqual(['demo-altered.vcllog', 'demo.vcllog']);
    expect((await verifyLogFile(report.log.file!)).report.status).toBe('whole');
    expect((await verifyLogFile(report.alteration.file!)).report.status).toBe('altered');
    expect(formatDemo(report, plainPaint).join('\n')).toContain(report.log.file);
  });

  it('removes the logs without it, also after a failure', async () => {
    const seen: string[] = [];
    for (const failure of [undefined, new VCLError('HandshakeFailed', 'nobody there')]) {
      const parts = new FakeParts(failure === undefined ? {} : { failure });
      const spied = {
        sendFile: parts.sendFile,
        startReceiver: (options: Parameters<FakeParts['startReceiver']>[0]) => {
          seen.push(options.logFile);
          return parts.startReceiver(options);
        },
      };
      const running = runDemo(defaults(), spied, { onStep: () => {}, onBytes: () => {} });
      await (failure === undefined ? running : expect(running).rejects.toBe(failure));
      expect(parts.stopped).toBe(1);
    }
    expect(seen.map((file) => existsSync(dirname(file)))).toEqual([false, false]);
  });

  it('ends when it is interrupted', async () => {
    const interrupted = new AbortController();
    const running = run({ stuck: true }, { signal: interrupted.signal });
    interrupted.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('sends as much as it is asked for', async () => {
    const { report } = await run({}, { bytes: 3 });
    expect(report.held).toBe(true);
    expect(report.transfer).toMatchObject({ messages: 1, payloadBytes: 3 });
  });
});

describe('the report of the demo', () => {
  it('shows what happened, for people', async () => {
    const { report } = await run();
    const toServer = {
      received: 1_000,
      receivedBytes: 1_200_000,
      dropped: 21,
      reordered: 12,
      longestDelayMs: 1.9,
    };
    const network = { ...report.network, toServer };
    const lines = formatDemo({ ...report, network, elapsedMs: 61_000 }, plainPaint);
    const text = lines.join('\n');
    const { changed } = report.alteration;
    for (const part of [
      'handshake   2.00 ms',
      'transfer    20.5 kB in 21 messages, 500 ms, 41.0 kB/s',
      '20 packets, 3 retransmitted, round trip 0.50 ms',
      'loses 2 %, holds 2 % back for up to 2 ms (seed 4711)',
      'to receiver: 1,000, 21 lost (2.10 %), 12 overtaken, 1.90 ms late at most',
      'to sender: 0, 0 lost (0.00 %)',
      `file        ok, SHA-256 the same on both sides: ${report.receiver.sha256}`,
      "log         ok, receiver's session log is whole",
      `one bit changed in a copy of the log: byte ${changed.byteOffset.toLocaleString('en-US')}`,
      `found: client to server, reliable lane, message ${changed.message}: the entry was altered`,
      'result      everything held, in 1 min 1 s',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('kept');
  });

  it('tells a missing round trip and a change that was not found', async () => {
    const { report } = await run();
    const text = formatDemo(
      {
        ...report,
        transfer: { ...report.transfer, rttMs: null },
        alteration: { ...report.alteration, found: [], status: 'whole' },
      },
      plainPaint,
    ).join('\n');
    expect(text).not.toContain('round trip');
    expect(text).toContain('nothing was found');
  });
});
