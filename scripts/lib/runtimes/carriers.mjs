// What the sessions of the runtimes suite run over.

/**
 * `name` for people; `address` that the server is bound to, and scheme that the client names; `carries`:
 * what `connection.carrier()` says; `isPlain`: by node:dgram, even where batched UDP loads.
 */
export const CARRIERS = [
  { name: 'udp', scheme: 'udp', carries: 'udp' },
  { name: 'udp by node:dgram', scheme: 'udp', carries: 'udp', isPlain: true },
  { name: 'tcp', scheme: 'tcp', carries: 'tcp' },
  { name: 'ws', scheme: 'ws', carries: 'websocket' },
  { name: 'wss', scheme: 'wss', carries: 'websocket' },
];
