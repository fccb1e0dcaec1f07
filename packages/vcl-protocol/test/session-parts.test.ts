import { CloseCode, DropCounters } from '@vcl-protocol/core';
import { describe, expect, it, vi } from 'vitest';
import { abortable } from '../src/abortable.js';
import { DropWatch } from '../src/drop-watch.js';
import { PingRequests } from '../src/ping-requests.js';
import { SendQueue } from '../src/send-queue.js';
import { closedError, endError, type SessionEnd } from '../src/session-end.js';
import { recordingLogger } from './identity/recording-logger.js';
import { expectedToFail } from './support/connections.js';

describe('SendQueue', () => {
  it('hands messages over in order, as long as there is room', async () => {
    const queue = new SendQueue();
    const waiting = [1, 2, 3].map((n) => queue.wait(Uint8Array.of(n), {}));
    const sent: number[] = [];
    let room = 2;
    queue.flush(
      () => room-- > 0,
      ([n]) => void sent.push(n!),
    );
    await Promise.all(waiting.slice(0, 2));
    expect(sent).toEqual([1, 2]);
    expect(queue.isEmpty).toBe(false);
    queue.flush(
      () => true,
      ([n]) => void sent.push(n!),
    );
    await waiting[2];
    expect(queue.isEmpty).toBe(true);
  });

  it('tells the sender of a message that cannot be sent, and goes on with the next', async () => {
    const queue = new SendQueue();
    const [bad, good] = [
      expectedToFail(queue.wait(new Uint8Array(9), {})),
      queue.wait(new Uint8Array(1), {}),
    ];
    queue.flush(
      () => true,
      (payload) => {
        if (payload.length > 1) throw new RangeError('too long');
      },
    );
    await expect(bad).rejects.toThrow('too long');
    await good;
  });

  it('fails all that wait', async () => {
    const queue = new SendQueue();
    const waiting = [1, 2].map(() => expectedToFail(queue.wait(new Uint8Array(1), {})));
    queue.fail(new Error('over'));
    for (const one of waiting) await expect(one).rejects.toThrow('over');
    expect(queue.isEmpty).toBe(true);
  });
});

describe('PingRequests', () => {
  it('gives each caller the answer to its own ping', async () => {
    let next = 0;
    const requests = new PingRequests(() => next++);
    const all = [requests.ping(undefined), requests.ping(undefined)];
    requests.onPong(1, 11);
    requests.onPong(0, 10);
    requests.onPong(7, 99);
    expect(await Promise.all(all)).toEqual([10, 11]);
  });

  it('has at most 16 under way', async () => {
    let sent = 0;
    const requests = new PingRequests(() => sent++);
    const all = Array.from({ length: 20 }, () => requests.ping(undefined));
    expect(sent).toBe(16);
    for (let id = 0; id < 20; id++) requests.onPong(id, id);
    expect(await Promise.all(all)).toEqual(Array.from({ length: 20 }, (_, id) => id));
  });
});

describe('DropWatch', () => {
  it('tells by reason what came since, once a second, and the rest at the end', () => {
    const drops = new DropCounters();
    const logger = recordingLogger();
    const told: unknown[] = [];
    const watch = new DropWatch(drops, logger, (reason, count) => told.push([reason, count]));
    watch.check(0);
    drops.add('replay');
    drops.add('closed');
    watch.check(10);
    drops.add('replay');
    watch.check(1_009);
    expect(told).toEqual([
      ['replay', 1],
      ['closed', 1],
    ]);
    watch.check(1_010);
    drops.add('size');
    watch.check(Number.POSITIVE_INFINITY);
    expect(told.slice(2)).toEqual([
      ['replay', 1],
      ['size', 1],
    ]);
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'debug', 'warn', 'warn']);
  });
});

describe('an end as an error', () => {
  const end = (fields: Partial<SessionEnd>): SessionEnd => ({
    code: 0,
    applicationCode: 0,
    reason: '',
    remote: true,
    orderly: false,
    ...fields,
  });

  it.each([
    ['PROTOCOL_VIOLATION', 'InvalidPacket'],
    ['CHAIN_INVALID', 'ChainValidationFailed'],
    ['SIGNATURE_INVALID', 'SignatureInvalid'],
    ['SIGNATURE_OVERDUE', 'SignatureInvalid'],
    ['AUTH_REFUSED', 'AuthRefused'],
    ['KEY_LIMIT', 'CryptoError'],
    ['IDLE', 'Timeout'],
    ['INTERNAL', 'ConnectionClosed'],
  ] as const)('%s is %s', (name, code) => {
    const closeCode = CloseCode[name];
    expect(endError(end({ code: closeCode }))).toMatchObject({ code, closeCode });
  });

  it('says who ended it, and why', () => {
    const error = endError(end({ code: CloseCode.APPLICATION, applicationCode: 7, reason: 'no' }));
    expect(error.message).toBe('the peer ended the session (APPLICATION 7: no)');
    expect(endError(end({})).message).toContain('cut the end of the session short');
  });

  it('has what happened as the cause of what fails afterwards', () => {
    const error = closedError(end({ code: CloseCode.IDLE, remote: false }));
    expect(error).toMatchObject({ code: 'ConnectionClosed', cause: { code: 'Timeout' } });
    expect(closedError(end({ orderly: true })).cause).toBeUndefined();
  });
});

describe('abortable', () => {
  it('gives what the promise gives, or the reason of the signal, whichever is first', async () => {
    const { signal } = new AbortController();
    expect(await abortable(Promise.resolve(5), signal)).toBe(5);
    await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    const aborted = AbortSignal.abort(new Error('stop'));
    const never = vi.fn<() => Promise<number>>(() => new Promise(() => {}));
    await expect(abortable(never(), aborted)).rejects.toThrow('stop');
  });
});
