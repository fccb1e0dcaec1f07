import { randomBytes } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import { invitationId, SqlitePeerStore } from '@vcl-protocol/tunnel';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import { encodePublicKey, loadKeyFile } from 'vcl-protocol';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { systemCodeOf } from '../exit-codes.js';
import { formatNumberOf } from '../format.js';
import { addressField, nameField, requireField } from '../tunnel/config/fields.js';
import { loadServerConfig } from '../tunnel/config/load-config.js';
import { configPath } from '../tunnel/config/places.js';
import type { ServerConfig } from '../tunnel/config/server-config.js';
import { encodeInvitation } from '../tunnel/invite/invitation-line.js';
import { addInvitations } from './invitations.js';

interface InviteOptions extends CommonOptions {
  readonly config?: string;
  readonly name: string;
  readonly endpoint?: string;
  readonly expires: number;
  readonly uses: number;
}

const SECRET_BYTES = 32;
const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Adds `vcl invite`. */
export function addInvite(program: Command, run: Run): void {
  const command = program
    .command('invite')
    .description('make an invitation: a line, and a QR code of it, that sets a device up')
    .option('-c, --config <file>', "the server's configuration")
    .option('--name <name>', 'what the device will be called at the server', '')
    .option('--endpoint <address>', 'how the device reaches the server (default: as configured)')
    .addOption(
      new Option('--expires <time>', 'how long it is good: 30m, 24h, 7d')
        .argParser(parseTime)
        .default(UNITS_MS.d!, '24h'),
    )
    .option('--uses <count>', 'for how many devices', parseUses, 1);
  addInvitations(command, run);
  addCommon(command, {
    examples: [
      ['vcl invite --name phone', 'for one device, good for a day'],
      ['vcl invite --expires 1h --uses 3', 'for three, good for an hour'],
      ['vcl invite list', 'which are open; vcl invite withdraw takes one back'],
    ],
    exitCodes: [
      [0, 'made'],
      [64, 'the configuration does not say how the server is reached'],
      [65, "the server's key is damaged, or open to others"],
      [74, 'a file cannot be read or written'],
    ],
  }).action(async (options: InviteOptions) => {
    await invite(contextOf(run, options), options);
  });
}

async function invite({ io, output }: CommandContext, options: InviteOptions): Promise<void> {
  const path = configPath(io, options.config, 'server');
  const config = await loadServerConfig(path);
  if (options.name !== '') requireField(nameField, '--name', options.name);
  if (options.endpoint !== undefined) {
    requireField(addressField('connect'), '--endpoint', options.endpoint);
  }
  const endpoint = options.endpoint ?? config.endpoint;
  if (endpoint === undefined) {
    const advice = `set endpoint in ${path}, or give --endpoint`;
    throw new VCLError('InvalidConfig', `how is the server reached from outside? ${advice}`);
  }
  const serverKey = await serverKeyOf(config);
  const secret = new Uint8Array(randomBytes(SECRET_BYTES));
  const expiresAt = Date.now() + options.expires;
  const line = encodeInvitation({ endpoint, serverKey, secret, mtu: config.mtu });
  const store = await SqlitePeerStore.open(config.store);
  try {
    const id = invitationId(secret);
    await store.putInvitation({ id, name: options.name, expiresAt, usesLeft: options.uses });
  } finally {
    await store.close();
  }
  output.result({ invitation: line, expiresAt, uses: options.uses }, (paint) => [
    renderUnicodeCompact(line, { ecc: 'L' }),
    '',
    paint.bold(line),
    '',
    `good until ${new Date(expiresAt).toISOString()}, for ${formatNumberOf(options.uses, 'device')}; whoever has it gets in`,
    'on the device: vcl init client --invite <line>, then vcl up',
  ]);
}

async function serverKeyOf({ identity }: ServerConfig): Promise<string> {
  try {
    const keyPair = await loadKeyFile(identity);
    const publicKey = encodePublicKey(keyPair.publicKey);
    keyPair.wipe();
    return publicKey;
  } catch (cause) {
    if (systemCodeOf(cause) !== 'ENOENT') throw cause;
    const advice = 'vcl server makes one when it is first started';
    throw new VCLError('IoError', `the server has no key yet: no file ${identity}; ${advice}`, {
      cause,
    });
  }
}

function parseTime(text: string): number {
  const match = /^(\d{1,4})([mhd])$/.exec(text);
  if (match === null || Number(match[1]) === 0)
    throw new InvalidArgumentError('Give 30m, 24h or 7d.');
  return Number(match[1]) * UNITS_MS[match[2]!]!;
}

function parseUses(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('Give a number from 1 to 999.');
  return Number(text);
}
