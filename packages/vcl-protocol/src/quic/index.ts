/** QUIC as a carrier (SPEC 13.5): `vcl-protocol/quic`. Optional, and off unless it is asked for. */
export type { HeartbeatOptions } from './child-process.js';
export { describeQuic, type QuicDescription } from './describe.js';
export { dialQuic, type QuicTarget } from './dial.js';
export type { DialedQuicLink } from './dial-attempt.js';
export { listenQuic } from './listen.js';
export type { DialQuicOptions, ListenQuicOptions, QuicOptions } from './options.js';
export type { QuicLink } from './quic-link.js';
export {
  MemoryQuicSessionStore,
  type QuicSession,
  type QuicSessionStore,
} from './session-store.js';
