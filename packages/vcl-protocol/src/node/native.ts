// `vcl-protocol/native`: what a package that drives other descriptors of Linux shares with the batched
// UDP driver, so that one thread waits for all of them and a turn serves all that is ready.
export type { Libc, NativeBlock, Pointer } from './udp/libc.js';
export { type NativeParts, nativeParts } from './udp/native-parts.js';
export type { PollTarget } from './udp/poller.js';
