import { VCLError } from '@vcl-protocol/core';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { plainPaint } from '../../src/output.js';
import { NO_CHUNKS } from '../../src/transfer/files/chunks.js';
import { Tally } from '../../src/transfer/roles/tally.js';
import { listenAddress, serverAddress } from '../../src/transfer/session/addresses.js';
import { asCommandError } from '../../src/transfer/session/client.js';
import { LINK_CONFIG } from '../../src/transfer/session/link-config.js';
import { parseBytes, parseCount, parseSeconds } from '../../src/transfer/session/parse-options.js';
import {
  formatPingStatistics,
  pingStatistics,
} from '../../src/transfer/session/ping-statistics.js';
import { TransferProgress } from '../../src/transfer/session/progress.js';
import { formatProblem, formatTransfer } from '../../src/transfer/session/report.js';
import { TransferLimits } from '../../src/transfer/wire/messages.js';
import { FakeSink } from '../support/fake-io.js';

describe('an address', () => {
  it.each([
    [undefined, '[::]:8250'],
    ['9000', '[::]:9000'],
    [':9000', '[::]:9000'],
    ['127.0.0.1', '127.0.0.1:8250'],
    ['[::1]:9000', '[::1]:9000'],
    ['tcp://:9000', 'tcp://[::]:9000'],
    ['quic://127.0.0.1', 'quic://127.0.0.1:8250'],
    ['ws://:8080/files', 'ws://[::]:8080/files'],
    ['wss://0.0.0.0', 'wss://0.0.0.0'],
  ])('to listen on: %s is %s', (written, meant) => expect(listenAddress(written)).toBe(meant));

  it.each([
    ['host', 'host:8250'],
    ['host:1', 'host:1'],
    ['::1', '[::1]:8250'],
    ['[::1]', '[::1]:8250'],
    ['[::1]:1', '[::1]:1'],
    ['tcp://host', 'tcp://host:8250'],
    ['auto://::1', 'auto://[::1]:8250'],
    ['udp://host:1', 'udp://host:1'],
    ['wss://host/files', 'wss://host/files'],
    ['ws://[::1]:1', 'ws://[::1]:1'],
    ['gopher://host', 'gopher://host:8250'],
  ])('of a server: %s is %s', (written, meant) => expect(serverAddress(written)).toBe(meant));

  it('must be named', () => expect(() => serverAddress(undefined)).toThrow('name the address'));
});

describe('what is under way', () => {
  it('is so little that two kills cost less than 16 MiB', () => {
    const { sendBufferBytes = 0, receiveWindowMaxBytes = 0, maxMessageBytes = 0 } = LINK_CONFIG;
    const lost = sendBufferBytes + receiveWindowMaxBytes + NO_CHUNKS.chunkBytes;
    expect(2 * lost).toBeLessThan(16 * 2 ** 20);
    expect(maxMessageBytes).toBeGreaterThan(TransferLimits.DATA_BYTES + 64);
  });
});

describe('an option', () => {
  it('in bytes', () => {
    expect(['7', '2K', '3m', '1G', '2T'].map(parseBytes)).toEqual([
      7,
      2048,
      3 * 2 ** 20,
      2 ** 30,
      2 ** 41,
    ]);
    for (const bad of ['', '0', '-1', '1.5', '1KB', '9'.repeat(30)]) {
      expect(() => parseBytes(bad)).toThrow(InvalidArgumentError);
    }
  });

  it('as a count', () => {
    expect(['1', '1000000000'].map(parseCount)).toEqual([1, 1e9]);
    for (const bad of ['', '0', '1.5', '1000000001']) {
      expect(() => parseCount(bad)).toThrow(InvalidArgumentError);
    }
  });

  it('in seconds', () => {
    expect(['0', '0.2', '86400'].map(parseSeconds)).toEqual([0, 0.2, 86_400]);
    for (const bad of ['', '-1', '86401', 'x']) {
      expect(() => parseSeconds(bad)).toThrow(InvalidArgumentError);
    }
  });
});

describe('the statistics of pings', () => {
  it('are those of ping', () => {
    const statistics = pingStatistics([1, 2, 3, 6], 5);
    expect(statistics).toMatchObject({
      sent: 5,
      received: 4,
      loss: 0.2,
      minMs: 1,
      avgMs: 3,
      maxMs: 6,
    });
    expect(statistics.mdevMs).toBeCloseTo(Math.sqrt(3.5));
    expect(formatPingStatistics('host:1', statistics)).toEqual([
      '--- host:1: 5 pings, 4 answers, 20 % loss',
      'round trip min/avg/max/mdev = 1.000/3.000/6.000/1.871 ms',
    ]);
  });

  it('have no times without an answer', () => {
    expect(pingStatistics([], 3)).toMatchObject({ received: 0, loss: 1, avgMs: null });
    expect(formatPingStatistics('h', pingStatistics([], 0))).toEqual([
      '--- h: 0 pings, 0 answers, 0 % loss',
    ]);
  });
});

const file = { id: 0, kind: 'file', mode: 0, mtimeMs: 0, path: 'f', target: '' } as const;

describe('progress', () => {
  function tallyOf(bytes: number): Tally {
    const tally = new Tally();
    tally.offered({ ...file, bytes });
    return tally;
  }

  it('is a line of JSON for each MiB', () => {
    const sink = new FakeSink();
    const progress = new TransferProgress({ kind: 'json', sink });
    const tally = tallyOf(5 * 2 ** 20);
    for (let i = 0; i < 16; i++) {
      tally.sent(2 ** 18);
      progress.update(tally);
    }
    tally.allOffered();
    tally.kept(2 ** 20);
    tally.sent(2 ** 18);
    progress.update(tally);
    const events = sink.lines.map((line) => JSON.parse(line));
    expect(events.map(({ bytesSent }) => bytesSent / 2 ** 20)).toEqual([
      0.25, 1.25, 2.25, 3.25, 4.25,
    ]);
    expect(events[0]).toMatchObject({ event: 'progress', bytesTotal: null });
    expect(events.at(-1)).toEqual({
      event: 'progress',
      bytesDone: 5.25 * 2 ** 20,
      bytesTotal: 5 * 2 ** 20,
      bytesSent: 4.25 * 2 ** 20,
      bytesReceived: 0,
      bytesKept: 2 ** 20,
    });
  });

  it('is a bar on a terminal once it is known how much there is', () => {
    const sink = new FakeSink({ isTty: true });
    let now = 0;
    const progress = new TransferProgress({ kind: 'auto', sink, now: () => now });
    const tally = tallyOf(1000);
    tally.received(500);
    now = 1000;
    progress.update(tally);
    expect(sink.text).toBe('\r500 B  500 B/s\x1b[K');
    tally.allOffered();
    progress.update(tally);
    expect(sink.text).toContain('50 %  500 B of 1.00 kB');
    progress.line('text');
    expect(sink.text.endsWith('\r\x1b[Ktext\n')).toBe(true);
  });

  it('is nothing elsewhere', () => {
    const sink = new FakeSink();
    const progress = new TransferProgress({ kind: 'auto', sink });
    progress.update(tallyOf(1000));
    progress.clear();
    expect(sink.text).toBe('');
  });
});

describe('a tally', () => {
  it('counts a problem once, and keeps the first thousand', () => {
    const tally = new Tally();
    for (let i = 0; i < 1500; i++) tally.problem(`f${i % 1200}`, 'why');
    expect(tally.totals.problems).toHaveLength(1000);
    expect(tally.totals.failed).toBeGreaterThanOrEqual(1200);
    tally.problem('f1', 'again');
    expect(tally.totals.problems[1]).toEqual({ path: 'f1', reason: 'why' });
  });

  it('counts the progress of each attempt anew, and bytes over all', () => {
    const tally = new Tally();
    tally.startAttempt();
    tally.offered({ ...file, bytes: 10 });
    tally.sent(4);
    tally.startAttempt();
    expect([tally.doneBytes, tally.offeredBytes, tally.isAllOffered]).toEqual([0, 0, false]);
    expect(tally.totals.bytesSent).toBe(4);
  });
});

describe('the result', () => {
  it('is a line or two', () => {
    const document = {
      ...new Tally().totals,
      address: 'h',
      files: 2,
      bytes: 3_000_000,
      bytesSent: 2_000_000,
      bytesKept: 1_000_000,
      identical: 4,
      failed: 1,
      carrier: 'tcp' as const,
      reconnects: 1,
      elapsedMs: 1000,
      complete: false,
    };
    expect(formatTransfer(document, plainPaint)).toEqual([
      '2 files, 3.00 MB in 1.00 s, 2.00 MB/s over tcp; 4 already there; 1.00 MB need not be sent; 1 reconnect',
      '1 entry not transferred',
    ]);
    expect(formatTransfer({ ...document, failed: 2 }, plainPaint)[1]).toContain('2 entries');
  });

  it('obeys no name of a file', () => {
    expect(formatProblem('a\x1b[2J\n', 'why')).toBe('a\\u001b[2J\\u000a: why');
  });

  it('of a link that failed has an exit code of its own', () => {
    const lost = new VCLError('HandshakeFailed', 'text');
    expect(asCommandError(lost)).toMatchObject({ code: 'IoError', message: 'text', cause: lost });
    const refused = new VCLError('AuthRefused', 'text');
    expect(asCommandError(refused)).toBe(refused);
  });
});
