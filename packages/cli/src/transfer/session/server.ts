import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { VCLConnection } from 'vcl-protocol';
import type { PartialStore } from '../files/partial-store.js';
import { pathProblem } from '../files/path-problem.js';
import { type SourceItem, type SourceRoot, walkSources } from '../files/source-tree.js';
import type { TargetTree } from '../files/target-tree.js';
import {
  ConnectionChannel,
  StoppedError,
  type TransferChannel,
  unexpected,
} from '../roles/channel.js';
import { DirectoryIntake } from '../roles/directory-intake.js';
import { type ByteSink, StreamIntake } from '../roles/stream-intake.js';
import { supply } from '../roles/supplier.js';
import { type TakeLimits, take } from '../roles/taker.js';
import type { Tally } from '../roles/tally.js';
import { TRANSFER_VERSION, type TransferAction, type TransferMessage } from '../wire/messages.js';
import { farewell } from './farewell.js';
import { stopPeer } from './stop-peer.js';

/** Standard output: of one client. */
export interface StreamTarget {
  readonly sink: ByteSink;
  /** Whether a client sends into it, or has. */
  isTaken: boolean;
}

/** What a server does for its clients. */
export interface ServeOptions {
  /** Where files go that clients send, or undefined when it takes none. */
  readonly into:
    | { readonly tree: TargetTree; readonly partials: PartialStore }
    | StreamTarget
    | undefined;
  /** What clients may fetch, or undefined. */
  readonly share: TargetTree | undefined;
  readonly overwrite: boolean;
  readonly links: boolean;
  readonly resume: boolean;
  readonly limits: TakeLimits;
}

/** A session as far as it has come. */
export interface ServedSession {
  readonly tally: Tally;
  /** Undefined as long as the client has not said what it wants. */
  action: TransferAction | undefined;
}

/**
 * Serves one client to the end of its session, and closes it.
 *
 * @param session is told what happens
 * @throws VCLError of the connection; StoppedError
 */
export async function serveClient(
  connection: VCLConnection,
  options: ServeOptions,
  session: ServedSession,
): Promise<void> {
  const channel = new ConnectionChannel(connection);
  try {
    const hello = requireHello(await channel.receive());
    if (hello === undefined) return;
    session.action = hello.action;
    if (hello.action === 'push') await serveTake(channel, connection, { options, session });
    else await serveSupply(channel, hello.paths, { options, session });
    await farewell(channel);
  } catch (error) {
    await stopPeer(error, channel, connection);
    throw error;
  } finally {
    await connection.close({ lingerMs: LINGER_MS }).catch(() => {});
  }
}

const LINGER_MS = 5_000;

interface Served {
  readonly options: ServeOptions;
  readonly session: ServedSession;
}

function requireHello(
  message: TransferMessage | undefined,
): Extract<TransferMessage, { type: 'hello' }> | undefined {
  // A client that only pings.
  if (message === undefined) return undefined;
  if (message.type !== 'hello') throw unexpected(`a message ${message.type} out of place`);
  if (message.version === TRANSFER_VERSION) return message;
  throw new StoppedError(`this server speaks version ${TRANSFER_VERSION} of the transfer protocol`);
}

async function serveTake(
  channel: TransferChannel,
  connection: VCLConnection,
  { options, session }: Served,
): Promise<void> {
  const { into, limits, overwrite, links, resume } = options;
  if (into === undefined) throw new StoppedError('this server takes no files (listen --into)');
  if ('sink' in into) {
    if (into.isTaken) throw new StoppedError('this server takes one file, and has another sender');
    into.isTaken = true;
  }
  await channel.send({ type: 'welcome', version: TRANSFER_VERSION });
  const peer = connection.peerIdentity!;
  const intake =
    'sink' in into
      ? new StreamIntake(into.sink)
      : new DirectoryIntake({ ...into, peer, overwrite, links, resume });
  await take({ channel, intake, tally: session.tally, limits });
}

async function serveSupply(
  channel: TransferChannel,
  paths: readonly string[],
  { options, session }: Served,
): Promise<void> {
  const { share, links } = options;
  if (share === undefined) throw new StoppedError('this server shares no files (listen --share)');
  await channel.send({ type: 'welcome', version: TRANSFER_VERSION });
  await supply({ channel, items: sharedItems(share, paths, links), tally: session.tally });
}

async function* sharedItems(
  share: TargetTree,
  paths: readonly string[],
  links: boolean,
): AsyncGenerator<SourceItem> {
  if (paths.length === 0) yield* walkSources([{ absolute: share.root, name: '' }], { links });
  for (const written of paths) {
    const path = written.replace(/\/+$/, '');
    const root = sharedRoot(share, path);
    if (typeof root === 'string') yield { type: 'problem', path: written, reason: root };
    else yield* askedItems(root, links);
  }
}

/** What is left out on the way down is a failure when it was asked for by name. */
async function* askedItems(root: SourceRoot, links: boolean): AsyncGenerator<SourceItem> {
  for await (const item of walkSources([root], { links })) {
    const isAsked = item.type === 'note' && item.path === root.name;
    yield isAsked ? { ...item, type: 'problem' } : item;
  }
}

/** @returns what is wrong with the path, in words */
function sharedRoot(share: TargetTree, path: string): SourceRoot | string {
  const problem = pathProblem(path, process.platform);
  if (problem !== undefined) return problem;
  const state = share.look(path);
  if (state.type === 'blocked') return state.reason;
  const absolute = share.absolute(path);
  if (statSync(absolute, { throwIfNoEntry: false }) === undefined) return 'it is not shared';
  return { absolute, name: basename(path) };
}
