import type { Connection } from '../connection/connection.js';
import type { VCLError } from '../errors.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { AcceptAttempt } from './accept-attempt.js';
import type { ConnectAttempt } from './connect-attempt.js';

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
  /** A client proved its key: answer with `acceptClient` or `refuseClient`. */
  | {
      readonly type: 'clientKey';
      readonly attempt: AcceptAttempt;
      readonly clientKey: Uint8Array;
      readonly remote: RemoteAddress;
    };
