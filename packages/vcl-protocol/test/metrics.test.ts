import { VCLMetrics as CoreMetrics } from '@vcl-protocol/core';
import { expect, it } from 'vitest';
import { VCLMetrics } from '../src/metrics.js';

it('needs no clock of the user', () => {
  const metrics = new VCLMetrics();
  metrics.recordSent(1024);
  const before = metrics.uptime();
  expect(before).toBeGreaterThanOrEqual(0);
  expect(metrics.uptime()).toBeGreaterThanOrEqual(before);
  expect(Number.isFinite(metrics.throughputSentBps())).toBe(true);
});

it('takes another clock', () => {
  let now = 0;
  const metrics = new VCLMetrics({ now: () => now });
  metrics.recordReceived(2000);
  now = 500;
  expect(metrics.throughputRecvBps()).toBe(4000);
});

it('adds up connections of a pool, whichever clock they run on', () => {
  const pool = new VCLMetrics();
  const connection = new CoreMetrics<'stale'>({ now: () => 0 });
  connection.recordSent(10);
  connection.recordDrop('stale', 3);
  pool.merge(connection);
  pool.merge(connection);
  expect([pool.packetsSent, pool.bytesSent, pool.totalDropped()]).toEqual([2, 20, 6]);
});
