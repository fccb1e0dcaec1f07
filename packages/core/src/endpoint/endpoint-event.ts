import type { Connection } from '../connection/connection.js';
import type { VCLError } from '../errors.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { AcceptAttempt } from './accept-attempt.js';
import type { ConnectAttempt } from './connect-attempt.js';
import type { EarlyData } from './early-intake.js';

/** What an endpoint reports. */
export type EndpointEvent =
  /** The server proved its key: answer with `acceptServer` or `refuseServer`. */
  | { readonly type: 'serverKey'; readonly attempt: ConnectAttempt; readonly serverKey: Uint8Array }
  /** The session is up on both sides. */
  | {
      readonly type: 'connected';
      readonly attempt: ConnectAttempt;
      readonly connection: Connection;
    }
  | { readonly type: 'connectFailed'; readonly attempt: ConnectAttempt; readonly error: VCLError }
  /** Messages of a client that has not proved its key yet but had a ticket; they come this once. */
  | { readonly type: 'earlyData'; readonly attempt: AcceptAttempt; readonly data: EarlyData }
  /** A client proved its key: answer with `acceptClient` or `refuseClient`. */
  | {
      readonly type: 'clientKey';
      readonly attempt: AcceptAttempt;
      readonly clientKey: Uint8Array;
      readonly remote: RemoteAddress;
    };
