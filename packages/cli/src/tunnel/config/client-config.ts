import { z } from 'zod';
import {
  addressField,
  deviceField,
  mtuField,
  nameField,
  prefixField,
  publicKeyField,
} from './fields.js';

/** A client's configuration: the fields of `client.toml`, with {@link CLIENT_FIELDS}' meanings. */
export interface ClientConfig {
  readonly server: string;
  readonly server_key: string;
  readonly identity: string;
  readonly preset: 'mobile' | 'home' | 'corporate' | 'auto';
  readonly network?: string | undefined;
  readonly routes: 'all' | 'assigned' | readonly string[];
  readonly excluded_routes: readonly string[];
  readonly device: string;
  readonly name?: string | undefined;
  readonly mtu?: number | undefined;
  readonly max_attempts?: number | undefined;
  readonly invitation?: string | undefined;
}

/** Checks a configuration and fills in what is absent. */
export const clientSchema: z.ZodType<ClientConfig> = z.strictObject({
  server: addressField('connect'),
  server_key: publicKeyField,
  identity: z.string().min(1, 'must be the path of a file').default('client.identity'),
  preset: z.enum(['mobile', 'home', 'corporate', 'auto']).default('home'),
  network: z.string().optional(),
  routes: z
    .union([z.literal('all'), z.literal('assigned'), z.array(prefixField)], {
      message: 'must be "all", "assigned" or a list of networks',
    })
    .default('all'),
  excluded_routes: z.array(prefixField).default([]),
  device: deviceField.default('vcl0'),
  name: nameField.optional(),
  mtu: mtuField.optional(),
  max_attempts: z.int({ message: 'must be a whole number' }).min(1, 'must be 1 or more').optional(),
  invitation: z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{43}$/,
      'must be the secret of an invitation, as `vcl init client --invite` writes it',
    )
    .optional(),
});

/** What each field means, in the order of the file. */
export const CLIENT_FIELDS: readonly (readonly [name: keyof ClientConfig, meaning: string])[] = [
  [
    'server',
    'The server: host:port, or behind udp://, tcp://, ws://, wss://, quic:// to name a carrier.',
  ],
  ['server_key', "The server's public key, as `vcl pubkey` prints it there."],
  ['identity', "The file with this device's key. Relative paths begin where this file is."],
  ['preset', '"mobile", "home", "corporate", or "auto" with the field network.'],
  [
    'network',
    'For preset = "auto": the kind of network or its operator, such as "mts" or "office".',
  ],
  ['routes', '"all" for everything, "assigned" for what the server offers, or a list of networks.'],
  ['excluded_routes', 'Networks that stay outside of the tunnel.'],
  ['device', 'The interface.'],
  ['name', 'What this device is called at the server. Default: the name of the host.'],
  ['mtu', 'The longest packet in the tunnel, 1280 to 9000 bytes. Default: as the preset says.'],
  ['max_attempts', 'Attempts to reconnect before it is given up. Default: it never is.'],
  [
    'invitation',
    'The secret of an invitation, to be let in the first time. May be removed afterwards.',
  ],
];
