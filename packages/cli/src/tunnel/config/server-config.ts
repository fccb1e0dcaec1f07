import { z } from 'zod';
import {
  addressField,
  deviceField,
  hostField,
  mtuField,
  ownAddressField,
  prefixField,
} from './fields.js';

/** A server's configuration: the fields of `server.toml`, with {@link SERVER_FIELDS}' meanings. */
export interface ServerConfig {
  readonly listen: string;
  readonly endpoint?: string | undefined;
  readonly addresses: readonly string[];
  readonly identity: string;
  readonly store: string;
  readonly device: string;
  readonly mtu: number;
  readonly routes?: readonly string[] | undefined;
  readonly resolvers: readonly string[];
  readonly client_to_client: 'allow' | 'deny';
  readonly nat: boolean;
  readonly sessions_per_key: number;
}

const ONE_OF_EACH = 'takes one network of each family, IPv4 and IPv6';

/** Checks a configuration and fills in what is absent. */
export const serverSchema: z.ZodType<ServerConfig> = z.strictObject({
  listen: addressField('bind').default('[::]:51820'),
  endpoint: addressField('connect').optional(),
  addresses: z
    .array(ownAddressField)
    .min(1, 'needs one network at least, such as "10.8.0.1/24"')
    .refine((list) => new Set(list.map(familyOf)).size === list.length, ONE_OF_EACH),
  identity: z.string().min(1, 'must be the path of a file').default('server.identity'),
  store: z.string().min(1, 'must be the path of a file').default('peers.sqlite'),
  device: deviceField.default('vcl0'),
  mtu: mtuField.default(1_420),
  routes: z.array(prefixField).optional(),
  resolvers: z.array(hostField).default([]),
  client_to_client: z.enum(['allow', 'deny']).default('allow'),
  nat: z.boolean().default(true),
  sessions_per_key: z
    .int({ message: 'must be a whole number' })
    .min(1, 'must be 1 or more')
    .default(1),
});

/** What each field means, in the order of the file. */
export const SERVER_FIELDS: readonly (readonly [name: keyof ServerConfig, meaning: string])[] = [
  ['listen', 'Where clients connect to. UDP, TCP and WebSocket share the port.'],
  [
    'endpoint',
    'How clients reach it from outside, host:port. `vcl invite` puts it into invitations.',
  ],
  ['addresses', "The server's own address in each network that clients get theirs from."],
  ['identity', "The file with the server's key. Relative paths begin where this file is."],
  ['store', 'The file with peers, leases and invitations.'],
  ['device', 'The interface.'],
  ['mtu', 'The longest packet in the tunnel, 1280 to 9000 bytes.'],
  [
    'routes',
    "Networks that clients with routes = 'assigned' reach through it. Default: addresses.",
  ],
  ['resolvers', 'Resolvers that clients are told of.'],
  ['client_to_client', 'Whether clients reach each other: "allow" or "deny".'],
  ['nat', 'Whether what clients send to other networks leaves under an address of the server.'],
  [
    'sessions_per_key',
    'Sessions of one key at a time. Each has its own address; networks behind go to the first.',
  ],
];

function familyOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}
