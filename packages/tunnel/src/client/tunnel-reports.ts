import type { Logger } from 'vcl-protocol';
import { EventFeed } from './event-feed.js';
import type { TunnelEvent } from './tunnel-event.js';

type EventOf<T extends TunnelEvent['type']> = Omit<Extract<TunnelEvent, { type: T }>, 'type'>;

/** Tells what a tunnel goes through: whoever follows its events, and the log. */
export class TunnelReports {
  readonly events: EventFeed<TunnelEvent> = new EventFeed();
  readonly #logger: Logger | undefined;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  connected(event: EventOf<'connected'>): void {
    this.#logger?.info({ ...event }, 'connected');
    this.events.push({ type: 'connected', ...event });
  }

  disconnected(reason: string): void {
    this.#logger?.warn({ reason }, 'disconnected');
    this.events.push({ type: 'disconnected', reason });
  }

  attemptFailed(event: EventOf<'attemptFailed'>): void {
    this.#logger?.warn({ ...event }, 'could not connect');
    this.events.push({ type: 'attemptFailed', ...event });
  }

  failed(error: Error): void {
    this.#logger?.error({ error }, 'the tunnel has failed');
    this.events.push({ type: 'failed', reason: error.message });
  }
}
