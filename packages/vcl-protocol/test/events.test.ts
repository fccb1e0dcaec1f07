import { getEventListeners } from 'node:events';
import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import {
  EventHub,
  type EventSubscription,
  SUBSCRIBER_TOO_SLOW,
  type VCLEvent,
} from '../src/events.js';

const DISCONNECTED: VCLEvent = { type: 'Disconnected', code: 0, reason: 'done', remote: true };

describe('EventHub', () => {
  it('hands every event to every subscriber', async () => {
    const hub = new EventHub();
    const subscriptions = [hub.subscribe(), hub.subscribe(), hub.subscribe()];
    const error: VCLEvent = { type: 'Error', error: new VCLError('IoError', 'no route') };
    const dropped: VCLEvent = { type: 'Dropped', reason: 'replay', count: 3 };
    for (const event of [rotated(1), dropped, error, DISCONNECTED]) hub.emit(event);
    hub.close();
    for (const subscription of subscriptions) {
      expect(await all(subscription)).toEqual([rotated(1), dropped, error, DISCONNECTED]);
    }
  });

  it('wakes a subscriber that waits', async () => {
    const hub = new EventHub();
    const subscription = hub.subscribe();
    const waiting = subscription.recv();
    hub.emit(rotated(1));
    expect(await waiting).toEqual(rotated(1));
  });

  it('begins a subscription with the events after it', async () => {
    const hub = new EventHub();
    hub.emit(rotated(1));
    const subscription = hub.subscribe();
    hub.emit(rotated(2));
    expect(await subscription.recv()).toEqual(rotated(2));
  });

  it('tells a late subscriber how the connection ended', async () => {
    const hub = new EventHub();
    hub.emit(rotated(1));
    hub.emit(DISCONNECTED);
    hub.close();
    expect(await all(hub.subscribe())).toEqual([DISCONNECTED]);
    expect(hub.subscriberCount).toBe(0);
  });

  it('ends at once for who subscribes to what closed without a word', async () => {
    const hub = new EventHub();
    hub.close();
    expect(await hub.subscribe().recv()).toBeUndefined();
  });

  it('lets nothing follow Disconnected', async () => {
    const hub = new EventHub();
    const subscription = hub.subscribe({ queueLimit: 1 });
    hub.emit(DISCONNECTED);
    hub.emit(rotated(1));
    hub.close();
    hub.emit(rotated(2));
    expect(await all(subscription)).toEqual([DISCONNECTED]);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a queue limit of %s', (queueLimit) => {
    expect(() => new EventHub().subscribe({ queueLimit })).toThrow(RangeError);
  });
});

describe('a slow subscriber', () => {
  it('loses its oldest events, is told how many, and still sees the end', async () => {
    const hub = new EventHub();
    const slow = hub.subscribe({ queueLimit: 3 });
    for (let epoch = 1; epoch <= 5; epoch++) hub.emit(rotated(epoch));
    hub.emit(DISCONNECTED);
    hub.close();
    expect(await all(slow)).toEqual([missed(3), rotated(4), rotated(5), DISCONNECTED]);
  });

  it('is told again after it has fallen behind again', async () => {
    const hub = new EventHub();
    const slow = hub.subscribe({ queueLimit: 1 });
    hub.emit(rotated(1));
    hub.emit(rotated(2));
    expect([await slow.recv(), await slow.recv()]).toEqual([missed(1), rotated(2)]);
    for (const epoch of [3, 4, 5]) hub.emit(rotated(epoch));
    expect([await slow.recv(), await slow.recv()]).toEqual([missed(2), rotated(5)]);
  });

  it('keeps 1,024 events by default', async () => {
    const hub = new EventHub();
    const slow = hub.subscribe();
    for (let epoch = 1; epoch <= 1030; epoch++) hub.emit(rotated(epoch));
    hub.close();
    const events = await all(slow);
    expect(events[0]).toEqual(missed(6));
    expect(events.slice(1)).toHaveLength(1024);
    expect(events.at(-1)).toEqual(rotated(1030));
  });

  it('costs a fast one nothing', async () => {
    const hub = new EventHub();
    const slow = hub.subscribe({ queueLimit: 1 });
    const fast = hub.subscribe({ queueLimit: 1 });
    const seen: (VCLEvent | undefined)[] = [];
    for (const epoch of [1, 2, 3]) {
      hub.emit(rotated(epoch));
      seen.push(await fast.recv());
    }
    expect(seen).toEqual([rotated(1), rotated(2), rotated(3)]);
    expect(await slow.recv()).toEqual(missed(2));
  });
});

describe('a subscription', () => {
  it('ends when it is closed, also for who waits, and leaves the others', async () => {
    const hub = new EventHub();
    const closing = hub.subscribe();
    const staying = hub.subscribe();
    const waiting = closing.recv();
    closing.close();
    hub.emit(rotated(1));
    expect(await waiting).toBeUndefined();
    expect(await closing.recv()).toBeUndefined();
    expect(await staying.recv()).toEqual(rotated(1));
    expect(hub.subscriberCount).toBe(1);
  });

  it('forgets what is queued when it is closed', async () => {
    const hub = new EventHub();
    const subscription = hub.subscribe({ queueLimit: 1 });
    hub.emit(rotated(1));
    hub.emit(rotated(2));
    subscription.close();
    expect(await all(subscription)).toEqual([]);
  });

  it('closes when its loop is left and when it is disposed of', async () => {
    const hub = new EventHub();
    const looped = hub.subscribe();
    hub.emit(rotated(1));
    for await (const event of looped) {
      expect(event.type).toBe('KeyRotated');
      break;
    }
    hub.subscribe()[Symbol.dispose]();
    expect(hub.subscriberCount).toBe(0);
  });

  it('stops waiting when the signal is aborted, and loses no event by it', async () => {
    const hub = new EventHub();
    const subscription = hub.subscribe({ queueLimit: 1 });
    const controller = new AbortController();
    const waiting = subscription.recv(controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    hub.emit(rotated(1));
    hub.emit(rotated(2));
    await expect(subscription.recv(controller.signal)).rejects.toThrow('enough');
    expect([await subscription.recv(), await subscription.recv()]).toEqual([missed(1), rotated(2)]);
  });
});

function rotated(epoch: number): VCLEvent {
  return { type: 'KeyRotated', epoch };
}

function missed(count: number): VCLEvent {
  return { type: 'Dropped', reason: SUBSCRIBER_TOO_SLOW, count };
}

async function all(subscription: EventSubscription): Promise<VCLEvent[]> {
  const events: VCLEvent[] = [];
  for await (const event of subscription) events.push(event);
  return events;
}
