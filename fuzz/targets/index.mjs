// The table of all targets. A target is an entry here and an object in its group with:
//
//   name       as here
//   maxBytes   the longest input
//   run        takes an input and throws when something is wrong; may give a promise, or how many
//              things of the input were mutated when that is not one
//   generate   optional: makes a genuine input from chance
//   seeds      optional: gives genuine inputs to start from
//   mutate     optional: a mutation of its own, mostly used instead of the common ones
//   dictionary optional: byte strings that mean something to the decoder
//   isText     optional: whether people write the input

/**
 * Groups of targets, and the share of a short run that each of their targets gets. Machines around
 * decoders that are targets themselves name their share of a full run as well.
 */
const GROUPS = {
  frames: {
    share: 1,
    names: [
      'frame-message',
      'frame-ack',
      'frame-ack-frequency',
      'frame-new-connection-id',
      'frame-retire-connection-id',
      'frame-credit',
      'frame-ping',
      'frame-verified',
      'frame-close',
      'frame-control',
      'frame-path-data',
      'frame-path-attach',
      'frame-grease',
    ],
  },
  wire: {
    share: 1,
    names: [
      'reader',
      'utf8',
      'record-header',
      'packet-number',
      'control-parser',
      'control-receiver',
      'control-statement',
      'control-gap',
      'control-leaf-wanted',
      'control-rekey-wanted',
      'control-signer',
      'control-ticket',
      'control-early',
    ],
  },
  handshake: {
    share: 1,
    names: [
      'client-hello',
      'server-hello',
      'identity-message',
      'auth-message',
      'finished-message',
      'flights',
      'early-flight',
      'params',
      'envelope',
      'cookie',
      'rekey-messages',
      'address-prefix',
    ],
  },
  exchange: { share: 0.3, names: ['initiator', 'responder'] },
  endpoint: { share: 0.08, fullShare: 0.1, names: ['endpoint-client', 'endpoint-server'] },
  messages: {
    share: 1,
    names: [
      'fragment',
      'reassembler',
      'incoming-message',
      'ack-ranges',
      'range-set',
      'replay-window',
    ],
  },
  chain: { share: 0.8, names: ['statement', 'log-entry', 'log-parser'] },
  logs: { share: 0.15, names: ['session-log'] },
  'cli-logs': { share: 0.1, fullShare: 0.2, names: ['cli-verify'] },
  people: {
    share: 1,
    names: [
      'public-key',
      'address',
      'host-name',
      'hex',
      'demo-options',
      'key-file',
      'known-hosts',
      'authorized-keys',
      'decrypt-payload',
      'config',
    ],
  },
  legacy: {
    share: 0.6,
    names: [
      'legacy-packet',
      'legacy-fragment',
      'legacy-handshake',
      'legacy-assembly',
      'legacy-session',
    ],
  },
  transfer: {
    share: 0.8,
    names: ['transfer-message', 'transfer-path'],
  },
  packets: { share: 1, names: ['ip-packet', 'ip-prefix'] },
  tunnel: { share: 0.5, names: ['tunnel-message', 'tunnel-packets', 'tunnel-frame'] },
  connection: { share: 0.1, names: ['connection-client', 'connection-server'] },
};

/** All targets by name, in the order in which they are reported. */
export const TARGETS = Object.entries(GROUPS).flatMap(([group, { share, fullShare = 1, names }]) =>
  names.map((name) => ({ name, group, share, fullShare })),
);

/** Loads one target. @throws Error when there is none of that name */
export async function loadTarget(name) {
  const entry = TARGETS.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`there is no target '${name}'`);
  const { targets } = await import(new URL(`./${entry.group}.mjs`, import.meta.url).href);
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`${entry.group}.mjs has no target '${name}'`);
  return target;
}
