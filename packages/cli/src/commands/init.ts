import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { type Command, Option } from 'commander';
import { encodePublicKey, loadOrCreateKeyFile } from 'vcl-protocol';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import type { ClientConfig } from '../tunnel/config/client-config.js';
import { checkClientConfig, checkServerConfig } from '../tunnel/config/load-config.js';
import { configDirectory } from '../tunnel/config/places.js';
import type { ServerConfig } from '../tunnel/config/server-config.js';
import { clientToml, serverToml } from '../tunnel/config/write-config.js';
import { decodeInvitation } from '../tunnel/invite/invitation-line.js';

interface InitOptions extends CommonOptions {
  readonly dir?: string;
  readonly device?: string;
  readonly address?: readonly string[];
  readonly endpoint?: string;
  readonly listen?: string;
  readonly invite?: string;
  readonly server?: string;
  readonly serverKey?: string;
  readonly name?: string;
  readonly preset?: ClientConfig['preset'];
  readonly routes?: string;
}

/** Which of its options concern one kind only. */
const ONLY: Readonly<Record<'server' | 'client', readonly (keyof InitOptions)[]>> = {
  server: ['address', 'listen', 'endpoint'],
  client: ['invite', 'server', 'serverKey', 'name', 'routes', 'preset'],
};
const DEFAULT_ADDRESSES = ['10.8.0.1/24', 'fd08::1/64'];

/** Adds `vcl init`. */
export function addInit(program: Command, run: Run): void {
  const command = program
    .command('init')
    .description('write a configuration and a key for a tunnel server or client')
    .argument('<kind>', 'server or client')
    .option(
      '-d, --dir <directory>',
      'where to write (default: /etc/vcl for root, else ~/.config/vcl)',
    )
    .option('--device <name>', 'the interface, when it is not to be vcl0')
    .option('--address <network...>', "server: its own address in the clients' networks")
    .option('--listen <address>', 'server: where clients connect to')
    .option('--endpoint <address>', 'server: how clients reach it from outside, for invitations')
    .option('--invite <line>', 'client: what `vcl invite` printed')
    .option('--server <address>', 'client: the server, without an invitation')
    .option('--server-key <key>', "client: the server's public key")
    .option('--name <name>', 'client: what this device is called')
    .option('--routes <networks>', 'client: all, assigned, or networks with commas between')
    .addOption(
      new Option('--preset <preset>', 'client: the kind of network').choices([
        'mobile',
        'home',
        'corporate',
        'auto',
      ]),
    );
  addCommon(command, {
    examples: [
      ['vcl init server --endpoint vpn.example.org:51820', 'a server'],
      ['vcl init client --invite vcl-invite:1:...', 'a device that was invited'],
      ['vcl init client --server host:51820 --server-key vcl-ed25519:...', 'without an invitation'],
    ],
    exitCodes: [
      [0, 'written'],
      [64, 'an option is wrong or missing'],
      [65, 'the key that is there is damaged, or open to others'],
      [73, 'there is a configuration already; it was left as it is'],
      [74, 'a file cannot be written'],
    ],
  }).action(async (kind: string, options: InitOptions) => {
    const context = contextOf(run, options);
    if (kind !== 'server' && kind !== 'client') {
      // Not what was given: it may be an invitation.
      throw new VCLError('InvalidConfig', 'init takes server or client, before all options');
    }
    refuseOthers(kind, options);
    await (kind === 'server' ? initServer(context, options) : initClient(context, options));
  });
}

/** What would have no effect is a misunderstanding. */
function refuseOthers(kind: 'server' | 'client', options: InitOptions): void {
  const other = kind === 'server' ? 'client' : 'server';
  for (const name of ONLY[other]) {
    if (options[name] === undefined) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new VCLError('InvalidConfig', `${flag} is for init ${other}, not for init ${kind}`);
  }
}

async function initServer(context: CommandContext, options: InitOptions): Promise<void> {
  const given: Partial<ServerConfig> = {
    addresses: [...(options.address ?? DEFAULT_ADDRESSES)],
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
  };
  const text = serverToml(given);
  const { identity } = checkServerConfig('server.toml', text);
  const written = await write(context, options, 'server', identity, text);
  context.output.result(written, (paint) => [
    `wrote ${written.config} and ${written.identity}`,
    `public key: ${paint.bold(written.publicKey)}`,
    'next: vcl server, then vcl invite for each device',
  ]);
}

async function initClient(context: CommandContext, options: InitOptions): Promise<void> {
  const text = clientToml(clientFields(options));
  const { identity } = checkClientConfig('client.toml', text);
  const written = await write(context, options, 'client', identity, text);
  const next =
    options.invite === undefined
      ? `next: at the server, vcl peers add ${written.publicKey}; here, vcl up`
      : 'next: vcl up';
  context.output.result(written, (paint) => [
    `wrote ${written.config} and ${written.identity}`,
    `public key: ${paint.bold(written.publicKey)}`,
    next,
  ]);
}

function clientFields(options: InitOptions): Partial<ClientConfig> {
  const { invite, server, serverKey, device, name, preset, routes } = options;
  const common = {
    ...(device === undefined ? {} : { device }),
    ...(name === undefined ? {} : { name }),
    ...(preset === undefined ? {} : { preset }),
    ...(routes === undefined ? {} : { routes: routesOf(routes) }),
  };
  if (invite !== undefined) {
    if (server !== undefined || serverKey !== undefined) {
      const advice = 'leave out --server and --server-key';
      throw new VCLError('InvalidConfig', `the invitation names the server: ${advice}`);
    }
    const { endpoint, serverKey: key, secret, mtu } = decodeInvitation(invite);
    const invitation = Buffer.from(secret).toString('base64url');
    return { server: endpoint, server_key: key, ...common, mtu, invitation };
  }
  if (server === undefined || serverKey === undefined) {
    const advice = 'give --invite, or --server and --server-key';
    throw new VCLError('InvalidConfig', `a client has to know its server: ${advice}`);
  }
  return { server, server_key: serverKey, ...common };
}

function routesOf(text: string): ClientConfig['routes'] {
  return text === 'all' || text === 'assigned' ? text : text.split(',').map((one) => one.trim());
}

async function write(
  { io }: CommandContext,
  options: InitOptions,
  kind: 'server' | 'client',
  identityFile: string,
  text: string,
) {
  const directory = options.dir ?? configDirectory(io);
  const config = join(directory, `${kind}.toml`);
  const identity = join(directory, identityFile);
  await writeNew(config, text);
  try {
    const keyPair = await loadOrCreateKeyFile(identity);
    const publicKey = encodePublicKey(keyPair.publicKey);
    keyPair.wipe();
    return { config, identity, publicKey };
  } catch (error) {
    // Else the next attempt would find a configuration, and go no further.
    await rm(config, { force: true });
    throw error;
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // An invitation in it lets somebody in.
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    const isThere = code === 'EEXIST' && syscall !== 'mkdir';
    const what = isThere ? 'exists and was left as it is' : `cannot be written (${code})`;
    throw new VCLError('IoError', `${path} ${what}: name another directory with --dir`, { cause });
  }
}
