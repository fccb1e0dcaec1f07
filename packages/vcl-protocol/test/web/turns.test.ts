import { describe, expect, it } from 'vitest';
import type { PageChannel } from '../../src/web/page.js';
import { Turns } from '../../src/web/turns.js';

/** A page whose messages and events are delivered by the test. */
class FakePage {
  posted = 0;
  readonly #listeners = new Map<string, () => void>();
  readonly #ports: PageChannel['port1'][] = [];
  readonly MessageChannel: new () => PageChannel;

  constructor() {
    const fake = this;
    this.MessageChannel = class {
      readonly port1 = fake.#addPort();
      readonly port2 = { postMessage: () => fake.posted++ };
    };
  }

  addEventListener(type: string, listener: () => void): void {
    this.#listeners.set(type, listener);
  }

  emit(type: 'pagehide' | 'pageshow'): void {
    this.#listeners.get(type)?.();
  }

  /** Delivers one message. */
  deliver(): void {
    this.posted--;
    for (const port of this.#ports) port.onmessage?.({});
  }

  #addPort(): PageChannel['port1'] {
    const port = { onmessage: null };
    this.#ports.push(port);
    return port;
  }
}

describe('turns', () => {
  it('run what was deferred once, in order, with one message', () => {
    const page = new FakePage();
    const turns = new Turns(page);
    const ran: number[] = [];
    turns.defer(() => ran.push(1));
    turns.defer(() => ran.push(2));
    expect([ran, page.posted]).toEqual([[], 1]);
    page.deliver();
    expect([ran, page.posted]).toEqual([[1, 2], 0]);
  });

  it('run in the next one what a turn defers', () => {
    const page = new FakePage();
    const turns = new Turns(page);
    const ran: number[] = [];
    turns.defer(() => {
      ran.push(1);
      turns.defer(() => ran.push(3));
    });
    turns.defer(() => ran.push(2));
    page.deliver();
    expect([ran, page.posted]).toEqual([[1, 2], 1]);
    page.deliver();
    expect(ran).toEqual([1, 2, 3]);
  });

  it('report what one throws, and run the others in the next', () => {
    const page = new FakePage();
    const turns = new Turns(page);
    const ran: number[] = [];
    turns.defer(() => {
      throw new Error('of the page');
    });
    turns.defer(() => ran.push(1));
    expect(() => page.deliver()).toThrow('of the page');
    expect([ran, page.posted]).toEqual([[], 1]);
    page.deliver();
    expect(ran).toEqual([1]);
  });

  it('ask once when one throws after it deferred another', () => {
    const page = new FakePage();
    const turns = new Turns(page);
    const ran: number[] = [];
    turns.defer(() => {
      turns.defer(() => ran.push(2));
      throw new Error('of the page');
    });
    turns.defer(() => ran.push(1));
    expect(() => page.deliver()).toThrow('of the page');
    expect(page.posted).toBe(1);
    page.deliver();
    expect(ran).toEqual([1, 2]);
  });

  it('run before anything else while the page is left, those included that wait', async () => {
    const page = new FakePage();
    const turns = new Turns(page);
    const ran: number[] = [];
    turns.defer(() => ran.push(1));
    page.emit('pagehide');
    turns.defer(() => {
      ran.push(2);
      turns.defer(() => ran.push(3));
    });
    expect(ran).toEqual([]);
    await Promise.resolve();
    await Promise.resolve();
    expect(ran).toEqual([1, 2, 3]);
  });

  it('take their time again in a page that is shown again', () => {
    const page = new FakePage();
    const turns = new Turns(page);
    page.emit('pagehide');
    page.emit('pageshow');
    turns.defer(() => undefined);
    expect(page.posted).toBe(1);
  });

  it('are of the page by default', async () => {
    await new Promise<void>((resolve) => new Turns().defer(resolve));
  });
});
