import type { TunnelEvent } from '@vcl-protocol/tunnel';
import { describe, expect, it } from 'vitest';
import { eventLine } from '../../src/tunnel/status/event-line.js';

const CONNECTED: TunnelEvent = {
  type: 'connected',
  addresses: ['10.8.0.2/24', 'fd08::2/64'],
  server: '192.0.2.1:51820',
  carrier: 'tcp',
};

describe('the line of an event', () => {
  it.each<[TunnelEvent, string]>([
    [CONNECTED, 'connected to 192.0.2.1:51820 over tcp: 10.8.0.2/24, fd08::2/64'],
    [{ type: 'disconnected', reason: 'no answer' }, 'disconnected: no answer'],
    [
      { type: 'attemptFailed', reason: 'no answer', nextInMs: 1_540 },
      'no answer; next attempt in 1.5 s',
    ],
    [{ type: 'failed', reason: 'all attempts were used up' }, 'all attempts were used up'],
  ])('tells people of %j', (event, line) => {
    expect(eventLine(event, false)).toBe(line);
  });

  it('is the event itself for programs', () => {
    const line = eventLine(CONNECTED, true);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual(CONNECTED);
  });

  it('has nothing in it that a terminal obeys', () => {
    const event: TunnelEvent = {
      type: 'disconnected',
      reason: 'the server says: \u001b[2J\nhello',
    };
    expect(eventLine(event, false)).toBe('disconnected: the server says: \\u001b[2J\\u000ahello');
  });
});
