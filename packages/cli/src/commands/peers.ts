import { VCLError } from '@vcl-protocol/core';
import type { Peer } from '@vcl-protocol/tunnel';
import type { Command } from 'commander';
import { addCommon, type CommonOptions, contextOf, type Run } from '../command.js';
import { formatTable, printable } from '../format.js';
import {
  givenPeer,
  NEW_PEER,
  type PeerOptions,
  requireFreeAddresses,
  requireFreeNetworks,
} from '../tunnel/peers/given-peer.js';
import { withStore } from '../tunnel/with-store.js';

interface PeersOptions extends CommonOptions {
  readonly config?: string;
}

interface AddOptions extends PeersOptions, PeerOptions {}

/** Adds `vcl peers`. */
export function addPeers(program: Command, run: Run): void {
  const peers = program
    .command('peers')
    .description(
      'add, remove and list the devices that a server lets in; it notices within a second',
    );
  addTo(peers, run);
  removeFrom(peers, run);
  list(peers, run);
}

function addTo(peers: Command, run: Run): void {
  const command = withConfig(peers.command('add'))
    .description('let a device in, or change what was said of one')
    .argument('<key>', 'its public key, as vcl init printed it there')
    .option('--name <name>', 'what it is called')
    .option('--address <address...>', 'fixed addresses in the tunnel (default: from the networks)')
    .option('--allowed-ips <network...>', 'further networks that are reached through it');
  addCommon(command, {
    examples: [
      ['vcl peers add vcl-ed25519:... --name laptop', 'one more device'],
      ['vcl peers add vcl-ed25519:... --allowed-ips 192.168.7.0/24', 'with a network behind it'],
    ],
    exitCodes: EXIT_CODES,
  }).action(async (key: string, options: AddOptions) => {
    const { output, io } = contextOf(run, options);
    const given = givenPeer(key, options);
    const peer = await withStore(io, options.config, async (store, config) => {
      const { peers } = await store.read();
      requireFreeAddresses(given, peers, config);
      requireFreeNetworks(given, peers, config);
      const known = peers.find(({ publicKey }) => publicKey === given.publicKey);
      const added = { ...NEW_PEER, addedAt: Date.now(), ...known, ...given };
      await store.putPeer(added);
      return added;
    });
    output.result(peer, () => [`${printable(peer.name) || peer.publicKey} is let in`]);
  });
}

function removeFrom(peers: Command, run: Run): void {
  const command = withConfig(peers.command('remove'))
    .description('let a device in no more; its session ends')
    .argument('<peer>', 'its public key, or its name');
  addCommon(command, {
    examples: [['vcl peers remove laptop', 'by name']],
    exitCodes: EXIT_CODES,
  }).action(async (text: string, options: PeersOptions) => {
    const { output, io } = contextOf(run, options);
    const removed = await withStore(io, options.config, async (store) => {
      const peer = findPeer((await store.read()).peers, text);
      await store.removePeer(peer.publicKey);
      return peer;
    });
    output.result(removed, () => [
      `${printable(removed.name) || removed.publicKey} is let in no more`,
    ]);
  });
}

function list(peers: Command, run: Run): void {
  const command = withConfig(peers.command('list')).description('list the devices that are let in');
  addCommon(command, {
    examples: [['vcl peers list', 'all of them']],
    exitCodes: EXIT_CODES,
  }).action(async (options: PeersOptions) => {
    const { output, io } = contextOf(run, options);
    const contents = await withStore(io, options.config, (store) => store.read());
    const leases = new Map(contents.leases.map((lease) => [lease.identity, lease]));
    const rows = contents.peers.map((peer): [string, string] => {
      const { v4, v6 } = leases.get(peer.publicKey) ?? {};
      const addresses = peer.addresses.length > 0 ? peer.addresses : [v4, v6];
      const shown = addresses.filter((text) => text !== undefined).join(' ');
      const behind = peer.allowedIps.length === 0 ? '' : `, and ${peer.allowedIps.join(' ')}`;
      return [printable(peer.name) || '(no name)', `${peer.publicKey}  ${shown}${behind}`];
    });
    output.result({ peers: contents.peers, leases: contents.leases }, () =>
      rows.length === 0
        ? ['nobody is let in: vcl invite, or vcl peers add']
        : formatTable(rows, ''),
    );
  });
}

const EXIT_CODES = [
  [0, 'done'],
  [64, 'an address, network or name is none, or belongs to somebody else'],
  [65, 'a key is none'],
  [74, 'the store cannot be read or written'],
] as const;

function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', "the server's configuration");
}

function findPeer(peers: readonly Peer[], text: string): Peer {
  // First by key: a device names itself, perhaps by the key of another.
  const known = peers.find(({ publicKey }) => publicKey === text);
  if (known !== undefined) return known;
  const found = peers.filter(({ name }) => name === text && text !== '');
  if (found.length === 1) return found[0]!;
  const problem = found.length === 0 ? 'is nobody who is let in' : 'is the name of several';
  const advice = 'vcl peers list shows keys and names';
  throw new VCLError('InvalidConfig', `'${text}' ${problem}: ${advice}`);
}
