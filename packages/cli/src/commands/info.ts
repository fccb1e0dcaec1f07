import { join } from 'node:path';
import { VERSION_1 } from '@vcl-protocol/core';
import type { Command } from 'commander';
import {
  chooseProvider,
  describeQuic,
  describeUdp,
  listProviders,
  type UdpReport,
} from 'vcl-protocol';
import { defaultIdentityPath, vclHome } from '../cli-io.js';
import { addCommon, type CommonOptions, contextOf, type Run } from '../command.js';
import { formatTable } from '../format.js';
import type { Paint } from '../output.js';
import { cliVersion } from '../version.js';
import { collectOptionalParts, type OptionalPart } from './optional-parts.js';

/** What `vcl info --json` prints. */
export interface InfoDocument {
  readonly version: string;
  /** Protocol versions that this one speaks (SPEC 4.1). */
  readonly protocolVersions: readonly number[];
  readonly node: string;
  /** Operating system and processor, as Node names them. */
  readonly platform: string;
  readonly cryptoProviders: readonly ProviderInfo[];
  readonly transports: readonly TransportInfo[];
  readonly optionalParts: readonly OptionalPart[];
  readonly paths: { readonly home: string; readonly identity: string; readonly knownHosts: string };
}

/** Whether a crypto provider loads, whether it is the one in use, and why it is not. */
export interface ProviderInfo {
  readonly name: string;
  readonly loads: boolean;
  readonly chosen: boolean;
  /** Absent for the one that is chosen. */
  readonly reason?: string;
}

/** Whether a carrier is there. */
export interface TransportInfo {
  readonly name: 'udp' | 'tcp' | 'websocket' | 'quic';
  readonly available: boolean;
  /** What drives it: `batched` sends many datagrams by one call of the system. */
  readonly driver?: UdpReport['driver'];
  /** Why it is not there, or not the faster driver. */
  readonly reason?: string;
}

/** Adds `vcl info`. */
export function addInfo(program: Command, run: Run): void {
  const command = program
    .command('info')
    .description('show versions, crypto providers, transports and default paths');
  addCommon(command, {
    examples: [
      ['vcl info', 'what this installation can do'],
      ['vcl info --json', 'the same for programs'],
    ],
    exitCodes: [[0, 'shown']],
  }).action((options: CommonOptions) => {
    const { output, io } = contextOf(run, options);
    const info = collectInfo(vclHome(io), defaultIdentityPath(io));
    output.result(info, (paint) => formatInfo(info, paint));
  });
}

function collectInfo(home: string, identity: string): InfoDocument {
  const optionalParts = collectOptionalParts();
  return {
    version: cliVersion(),
    protocolVersions: [VERSION_1],
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cryptoProviders: collectProviders(),
    transports: [
      udpTransport(),
      { name: 'tcp', available: true },
      webSocketTransport(optionalParts),
      quicTransport(),
    ],
    optionalParts,
    paths: { home, identity, knownHosts: join(home, 'known_hosts') },
  };
}

function collectProviders(): ProviderInfo[] {
  const chosen = chooseProvider().name;
  return listProviders().map(({ name, loads, reason }) => {
    if (name === chosen) return { name, loads, chosen: true };
    const why = loads ? `slower than ${chosen}` : (reason ?? 'it does not load');
    return { name, loads, chosen: false, reason: why };
  });
}

function udpTransport(): TransportInfo {
  const { driver, reason } = describeUdp();
  return { name: 'udp', available: true, driver, ...(reason === undefined ? {} : { reason }) };
}

function webSocketTransport(parts: readonly OptionalPart[]): TransportInfo {
  const { installed = false } = parts.find(({ name }) => name === 'ws') ?? {};
  if (installed) return { name: 'websocket', available: true };
  return { name: 'websocket', available: false, reason: 'the package ws is not installed' };
}

function quicTransport(): TransportInfo {
  const { available, reason } = describeQuic();
  return { name: 'quic', available, ...(reason === undefined ? {} : { reason }) };
}

/** The lines that people see of `vcl info`. */
export function formatInfo(info: InfoDocument, paint: Paint): string[] {
  const versions = info.protocolVersions.join(', ');
  return [
    `${paint.bold('vcl')} ${info.version}`,
    ...formatTable([
      ['protocol', `version ${versions}`],
      ['node', `${info.node} on ${info.platform}`],
    ]),
    paint.bold('crypto providers'),
    ...formatTable(info.cryptoProviders.map((each) => [each.name, providerText(each, paint)])),
    paint.bold('transports'),
    ...formatTable(info.transports.map((each) => [each.name, transportText(each, paint)])),
    paint.bold('optional packages'),
    ...formatTable(info.optionalParts.map((each) => [each.name, partText(each, paint)])),
    paint.bold('default paths'),
    ...formatTable([
      ['identity', info.paths.identity],
      ['known hosts', info.paths.knownHosts],
    ]),
  ];
}

function providerText({ loads, chosen, reason }: ProviderInfo, paint: Paint): string {
  if (chosen) return paint.green('chosen');
  return loads ? `loads; not chosen: ${reason}` : `does not load: ${reason}`;
}

function transportText(transport: TransportInfo, paint: Paint): string {
  const { available, driver, reason } = transport;
  if (!available) return paint.dim(reason ?? 'not in this version');
  const why = reason === undefined ? '' : `; the batched one is not used: ${reason}`;
  return `${paint.green('available')}${driver === undefined ? '' : `, driver ${driver}${why}`}`;
}

function partText({ gives, missing }: OptionalPart, paint: Paint): string {
  if (missing === undefined) return `${paint.green('installed')}: ${gives}`;
  return `${paint.dim('missing')}, would give ${gives} (${missing})`;
}
