import { VCLError } from '@vcl-protocol/core';
import type { Command } from 'commander';
import {
  type AddressPurpose,
  type CarrierAddress,
  type CarrierOptions,
  type CarrierScheme,
  DEFAULT_WEBSOCKET_PATH,
  formatCarrierAddress,
  parseCarrierAddress,
  planBind,
  type RemoteAddress,
  TransportMode,
} from 'vcl-protocol';
import { parsePath, parsePort, parseProxy } from './parse-options.js';
import { readCertificates, readServerCertificate } from './pem-files.js';

/** The options of every command that has to do with carriers. */
export interface SharedCarrierFlags {
  readonly wsPath?: string;
  readonly quicPort?: number;
}

/** The options about carriers of commands that connect. */
export interface ConnectCarrierFlags extends SharedCarrierFlags {
  readonly tlsCa?: string;
  readonly tlsInsecure?: boolean;
  readonly proxy?: string;
}

/** The options about carriers of `vcl listen`. */
export interface ListenCarrierFlags extends SharedCarrierFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** An address, and what `bind` takes as `carriers`. */
export interface CarrierChoice {
  readonly address: string;
  readonly carriers: CarrierOptions;
  readonly scheme: CarrierScheme;
}

/** Adds the options about carriers of commands that connect. */
export function addConnectCarrierFlags(command: Command): Command {
  return addSharedFlags(command)
    .option('--tls-ca <file>', 'wss: believe these authorities, not those of the system (PEM)')
    .option('--tls-insecure', 'wss: check no certificate; the VCL key of the server still is')
    .option('--proxy <url>', 'http://, socks5://, none or environment (the default)', parseProxy);
}

/** Adds the options about carriers of `vcl listen`. */
export function addListenCarrierFlags(command: Command): Command {
  return addSharedFlags(command)
    .option('--tls-cert <file>', 'wss: the certificate with its chain (PEM)')
    .option('--tls-key <file>', 'wss: the private key of the certificate (PEM)');
}

/** What the options say about the way to a server. @throws VCLError that names the option */
export function connectChoice(written: string, flags: ConnectCarrierFlags): CarrierChoice {
  const target = parse(written, 'connect');
  const { scheme } = target;
  requireUse('--tls-ca', flags.tlsCa, scheme, ['wss', 'auto']);
  requireUse('--tls-insecure', flags.tlsInsecure, scheme, ['wss', 'auto']);
  requireUse('--proxy', flags.proxy, scheme, ['tcp', 'ws', 'wss', 'auto']);
  const { tlsCa, tlsInsecure, proxy } = flags;
  if (tlsCa !== undefined && tlsInsecure === true) {
    throw badFlags('--tls-insecure checks no certificate: leave it or --tls-ca out');
  }
  const path = pathOf(target, flags);
  const ca = tlsCa === undefined ? {} : { ca: readCertificates('--tls-ca', tlsCa) };
  const unchecked = tlsInsecure === true ? { rejectUnauthorized: false } : {};
  const hasTls = tlsCa !== undefined || tlsInsecure === true;
  return {
    scheme,
    address: isWebSocket(scheme) ? formatCarrierAddress({ ...target, path }) : written,
    carriers: {
      path,
      ...(hasTls ? { tls: { ...ca, ...unchecked } } : {}),
      ...(proxy === undefined ? {} : { proxy }),
      ...quicOf(flags, scheme),
    },
  };
}

/** What the options say about the carriers of a server. @throws VCLError that names the option */
export function listenChoice(written: string, flags: ListenCarrierFlags): CarrierChoice {
  const target = parse(written, 'bind');
  const { scheme } = target;
  requireUse('--tls-cert', flags.tlsCert, scheme, ['ws', 'wss', 'auto']);
  requireUse('--tls-key', flags.tlsKey, scheme, ['ws', 'wss', 'auto']);
  const { tlsCert, tlsKey } = flags;
  if (scheme === 'wss' && tlsCert === undefined) {
    throw badFlags('wss:// needs a certificate: add --tls-cert FILE and --tls-key FILE');
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw badFlags('--tls-cert and --tls-key belong together: add the other one');
  }
  const tls =
    tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: readServerCertificate(tlsCert, tlsKey) };
  const path = pathOf(target, flags);
  return { scheme, address: written, carriers: { path, ...tls, ...quicOf(flags, scheme) } };
}

/** Where a server can be reached, one address for each carrier that it offers. */
export function offeredAddresses(
  { address, carriers }: Pick<CarrierChoice, 'address' | 'carriers'>,
  local: RemoteAddress,
): string[] {
  const target = parseCarrierAddress(address, 'bind');
  const plan = planBind(target, { transport: TransportMode.Auto }, carriers);
  const { datagrams, streams, quicPort } = plan;
  const at = { host: local.address, port: local.port, path: carriers.path ?? target.path };
  const isQuicAlone = target.scheme === 'quic';
  const all: CarrierAddress[] = [...(datagrams ? (['udp'] as const) : []), ...streams].map(
    (scheme) => ({ ...at, scheme }),
  );
  if (quicPort !== undefined) {
    all.push({ ...at, scheme: 'quic', port: isQuicAlone ? local.port : quicPort });
  }
  return all.map(formatCarrierAddress);
}

function addSharedFlags(command: Command): Command {
  return command
    .option('--ws-path <path>', 'the path of the WebSocket (default: /vcl)', parsePath)
    .option('--quic-port <port>', 'auto: QUIC as well, on this UDP port', parsePort);
}

function parse(
  written: string,
  purpose: AddressPurpose,
): CarrierAddress & { scheme: CarrierScheme } {
  const target = parseCarrierAddress(written, purpose);
  return { ...target, scheme: target.scheme ?? 'auto' };
}

/** A path that the address has is the one; another one beside it would be a mistake. */
function pathOf(target: CarrierAddress, { wsPath }: SharedCarrierFlags): string {
  const { scheme = 'auto', path } = target;
  requireUse('--ws-path', wsPath, scheme, ['ws', 'wss', 'auto']);
  if (wsPath === undefined) return path;
  if (path !== DEFAULT_WEBSOCKET_PATH && path !== wsPath) {
    throw badFlags(`--ws-path ${wsPath} and the path ${path} of the address differ: leave one out`);
  }
  return wsPath;
}

function quicOf(
  { quicPort }: SharedCarrierFlags,
  scheme: CarrierScheme,
): Pick<CarrierOptions, 'quic'> {
  requireUse('--quic-port', quicPort, scheme, ['auto']);
  return quicPort === undefined ? {} : { quic: { port: quicPort } };
}

function requireUse(
  flag: string,
  value: unknown,
  scheme: CarrierScheme,
  useful: readonly CarrierScheme[],
): void {
  if (value === undefined || useful.includes(scheme)) return;
  const names = useful.map((one) => `${one}://`).join(', ');
  throw badFlags(`${flag} means nothing for ${scheme}://: it is for ${names}`);
}

function isWebSocket(scheme: CarrierScheme): boolean {
  return scheme === 'ws' || scheme === 'wss';
}

function badFlags(message: string): VCLError {
  return new VCLError('InvalidConfig', message);
}
