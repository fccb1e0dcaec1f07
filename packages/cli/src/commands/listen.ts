import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import type { Command } from 'commander';
import type { ClientPolicy } from 'vcl-protocol';
import { type CliIo, vclHome } from '../cli-io.js';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { PartialStore } from '../transfer/files/partial-store.js';
import { TargetTree } from '../transfer/files/target-tree.js';
import { DEFAULT_PORT, listenAddress } from '../transfer/session/addresses.js';
import {
  addListenCarrierFlags,
  type ListenCarrierFlags,
  listenChoice,
} from '../transfer/session/carrier-flags.js';
import { parseCount } from '../transfer/session/parse-options.js';
import { runServer } from '../transfer/session/run-server.js';
import type { ServeOptions } from '../transfer/session/server.js';
import { standardOutput } from '../transfer/session/standard-streams.js';
import { addStoringOptions, type StoringOptions } from './receive.js';

interface ListenOptions extends CommonOptions, StoringOptions, ListenCarrierFlags {
  readonly into?: string;
  readonly share?: string;
  readonly allow?: string;
  readonly enroll?: number;
  readonly allowAny?: boolean;
  readonly once?: boolean;
  readonly links?: boolean;
  readonly identity?: string;
  readonly record?: string;
}

/** Adds `vcl listen`. */
export function addListen(program: Command, run: Run): void {
  const command = program
    .command('listen')
    .description('a server that takes files from vcl send, and gives files to vcl receive')
    .argument(
      '[address]',
      `host:port or a port, for UDP, TCP and WebSocket; or udp://, tcp://, ws://, wss://, quic:// and one (default: all addresses, port ${DEFAULT_PORT})`,
    )
    .option(
      '--into <dir>',
      'put what clients send into this directory, - for standard output (implies --once)',
    )
    .option('--share <dir>', 'let clients fetch what is in this directory')
    .option('--allow <file>', 'public keys of the clients (default: ~/.vcl/authorized_keys)')
    .option('--enroll <count>', 'take so many new clients into that file', parseCount)
    .option('--allow-any', 'let everybody in who can reach the address')
    .option('--once', 'end after one transfer')
    .option('--links', 'take and give symbolic links as links; they are left out otherwise')
    .option('--identity <file>', 'who to be (default: ~/.vcl/identity; made when it is missing)')
    .option('--record <dir>', 'keep a session log of each client in this directory');
  addCommon(addListenCarrierFlags(addStoringOptions(command)), {
    examples: [
      ['vcl listen --into inbox', 'take files from the clients in ~/.vcl/authorized_keys'],
      ['vcl listen --into inbox --enroll 1', 'and from one more, whose key is remembered'],
      ['vcl listen :9000 --share ~/public --allow-any', 'give files to everybody'],
      ['vcl listen ws://:8080 --into inbox', 'over WebSockets only, such as behind a web server'],
      ['vcl listen --into - > file', 'take one file, to standard output'],
    ],
    exitCodes: [
      [0, 'ended by Ctrl-C, or with --once after a complete transfer'],
      [1, 'with --once: some entries were not transferred'],
      [65, 'the identity file or the file of clients is damaged'],
      [74, 'the address, a directory or, with --once, the link failed'],
    ],
  }).action(async (address: string | undefined, options: ListenOptions) => {
    run.exitCode = await listen(contextOf(run, options), address, options);
  });
}

async function listen(
  context: CommandContext,
  address: string | undefined,
  options: ListenOptions,
): Promise<number> {
  const { identity, record, into } = options;
  const clients = clientsOf(context.io, options);
  return runServer(context, {
    ...listenChoice(listenAddress(address), options),
    identity,
    record,
    clients,
    // There is one standard output, and it cannot be begun again.
    once: options.once === true || into === '-',
    serve: serveOptionsOf(options),
    // Standard output belongs to the contents then.
    sink: into === '-' ? context.io.stderr : context.io.stdout,
  });
}

/** Who may connect: always somebody's decision (rule B9). */
function clientsOf(io: CliIo, { allow, enroll, allowAny }: ListenOptions): ClientPolicy {
  if (allowAny === true) {
    if (allow === undefined && enroll === undefined) return 'any';
    throw new VCLError(
      'InvalidConfig',
      '--allow-any lets everybody in: leave --allow and --enroll out',
    );
  }
  const file = allow ?? join(vclHome(io), 'authorized_keys');
  if (enroll !== undefined) return { file, enroll: { count: enroll } };
  if (existsSync(file)) return { file };
  throw new VCLError(
    'InvalidConfig',
    `nobody could connect, as there is no file ${file}: write the public keys of the clients into ` +
      'it, one a line (vcl pubkey shows one), or take new clients in with --enroll 1, or let ' +
      'everybody in with --allow-any',
  );
}

function serveOptionsOf(options: ListenOptions): ServeOptions {
  const { into, share, overwrite = false, links = false, resume, maxEntries, maxBytes } = options;
  if (into === undefined && share === undefined) {
    throw new VCLError(
      'InvalidConfig',
      'say what to do: --into DIR takes files, --share DIR gives them',
    );
  }
  return {
    into: into === undefined ? undefined : targetOf(into),
    share: share === undefined ? undefined : new TargetTree(share, false),
    overwrite,
    links,
    resume,
    limits: { maxEntries, maxBytes },
  };
}

function targetOf(into: string): NonNullable<ServeOptions['into']> {
  if (into === '-') return { sink: standardOutput(), isTaken: false };
  const tree = new TargetTree(into, true);
  return { tree, partials: new PartialStore(tree.root) };
}
