import { Carrier, CarrierRemote } from '@vcl-protocol/core';
import type { CarrierHandler, CarrierLink } from '../../../src/carrier-link.js';

/** A carrier that leads nowhere, and what was done with it. */
export interface FakeLink extends CarrierLink {
  /** Lengths of the records that were sent on it. */
  readonly sent: number[];
  readonly ends: ('close' | 'destroy')[];
  /** The other side ends it. */
  lose(): void;
}

export function fakeLink(port = 1): FakeLink {
  const remote = new CarrierRemote({
    address: '192.0.2.1',
    port,
    carrier: Carrier.Tcp,
    isOrdered: true,
    maxRecordBytes: 65_535,
  });
  const sent: number[] = [];
  const ends: ('close' | 'destroy')[] = [];
  let handler: CarrierHandler | undefined;
  const end = (how: 'close' | 'destroy'): void => {
    ends.push(how);
    remote.onLost();
  };
  return {
    remote,
    local: { address: '192.0.2.2', port: 2 },
    sent,
    ends,
    start(one) {
      handler = one;
    },
    send: (record) => void sent.push(record.length),
    flush: () => undefined,
    close() {
      end('close');
      return Promise.resolve();
    },
    destroy: () => end('destroy'),
    lose() {
      remote.onLost();
      handler?.onClosed(undefined);
    },
  };
}
