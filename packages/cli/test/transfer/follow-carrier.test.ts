import type { CarrierName, EventSubscription, VCLEvent } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { followCarrier } from '../../src/transfer/session/follow-carrier.js';

/** A connection that goes over what it is told to. */
class Moving {
  now: CarrierName | undefined = 'udp';
  isFollowed = true;
  readonly #events: VCLEvent[] = [];

  carrier(): CarrierName | undefined {
    return this.now;
  }

  subscribe(): EventSubscription {
    const events = this.#events;
    const close = (): void => {
      this.isFollowed = false;
    };
    const each = {
      async *[Symbol.asyncIterator]() {
        for (let event = events.shift(); event !== undefined; event = events.shift()) yield event;
      },
      close,
    };
    return each as unknown as EventSubscription;
  }

  /** Told from here on. */
  happens(event: VCLEvent): void {
    this.#events.push(event);
  }
}

const TO_TCP: VCLEvent = { type: 'PathChanged', address: 'h', port: 1, carrier: 'tcp' };

async function allTurns(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

describe('what carries a session', () => {
  it('is told at once, and when it is another', async () => {
    const connection = new Moving();
    const told: CarrierName[] = [];
    connection.happens(TO_TCP);
    followCarrier(connection, (carrier) => told.push(carrier));
    expect(told).toEqual(['udp']);
    connection.now = 'tcp';
    await allTurns();
    expect(told).toEqual(['udp', 'tcp']);
  });

  it('is not told again when only the address is another', async () => {
    const connection = new Moving();
    const told: CarrierName[] = [];
    connection.happens({ ...TO_TCP, carrier: 'udp' });
    followCarrier(connection, (carrier) => told.push(carrier));
    await allTurns();
    expect(told).toEqual(['udp']);
  });

  it('is looked at when events were missed', async () => {
    const connection = new Moving();
    const told: CarrierName[] = [];
    connection.happens({ type: 'PingReceived' });
    connection.happens({ type: 'Dropped', reason: 'subscriber-too-slow', count: 1 });
    followCarrier(connection, (carrier) => told.push(carrier));
    connection.now = 'quic';
    await allTurns();
    expect(told).toEqual(['udp', 'quic']);
  });

  it('is not followed any more in the end', () => {
    const connection = new Moving();
    const unfollow = followCarrier(connection, () => {});
    unfollow();
    expect(connection.isFollowed).toBe(false);
  });
});
