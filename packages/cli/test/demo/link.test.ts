import { silentLogger } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { runDemo } from '../../src/demo/run-demo.js';
import { sendFile, startReceiver } from '../../src/demo/transfer.js';

describe('the demo over a real link', () => {
  it('holds although the network loses and reorders', async () => {
    const report = await runDemo(
      {
        sourcePath: process.execPath,
        bytes: 300_000,
        lossPercent: 5,
        seed: 4711,
        logger: silentLogger,
        signal: new AbortController().signal,
      },
      {
        sendFile,
        startReceiver: (options) => startReceiver({ ...options, logger: silentLogger }),
      },
      { onStep: () => {}, onBytes: () => {} },
    );
    expect(report.checks).toEqual({
      fileArrived: true,
      logWhole: true,
      alterationFound: true,
      alterationLocated: true,
    });
    expect(report.held).toBe(true);
    expect(report.network.toServer.dropped).toBeGreaterThan(0);
  });
});
