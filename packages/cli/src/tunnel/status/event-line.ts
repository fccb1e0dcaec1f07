import type { TunnelEvent } from '@vcl-protocol/tunnel';
import { printable } from '../../format.js';

/** What `vcl up` prints of an event. Servers give reasons in words of their own, hence `printable`. */
export function eventLine(event: TunnelEvent, isJson: boolean): string {
  return printable(isJson ? JSON.stringify(event) : textOf(event));
}

function textOf(event: TunnelEvent): string {
  switch (event.type) {
    case 'connected':
      return `connected to ${event.server} over ${event.carrier}: ${event.addresses.join(', ')}`;
    case 'disconnected':
      return `disconnected: ${event.reason}`;
    case 'attemptFailed':
      return `${event.reason}; next attempt in ${(event.nextInMs / 1_000).toFixed(1)} s`;
    case 'failed':
      return event.reason;
  }
}
