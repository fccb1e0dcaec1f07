import type { ServerStatus } from '@vcl-protocol/tunnel';
import { formatBytes, formatTable, printable } from '../../format.js';
import type { Paint } from '../../output.js';
import type { ClientStatus } from './client-status.js';

/** A client's status for people. */
export function formatClientStatus(status: ClientStatus, paint: Paint): readonly string[] {
  const isUp = status.state === 'connected';
  const rows: [string, string][] = [
    ['server', isUp ? `${status.server} over ${status.carrier}` : status.serverAddress],
    ['interface', `${status.device}  ${status.addresses.join('  ')}`],
    ['round trip', status.rttMs === undefined ? 'not known' : `${status.rttMs.toFixed(1)} ms`],
    ['lost', `${(status.lossRate * 100).toFixed(1)} % of what was sent lately`],
    ['sent', `${formatBytes(status.bytesSent)} in ${status.packetsSent} packets`],
    ['received', `${formatBytes(status.bytesReceived)} in ${status.packetsReceived} packets`],
    ['dropped', clientDropText(status)],
    ['reconnected', `${status.reconnectCount} times, ${duration(status.downtimeMs)} without`],
    ['mtu', `${status.mtu} bytes, from a table: the path is not measured`],
    [
      'disguise',
      `none in this version; ${status.recommendedObfuscation} would fit ${status.preset}`,
    ],
  ];
  if (status.lastError !== null) rows.unshift(['last error', status.lastError]);
  const state = isUp
    ? `${paint.green('connected')} for ${duration(status.uptimeMs)}`
    : paint.red(status.state);
  return formatTable([['state', state], ...safe(rows)], '');
}

/** A server's status for people. @param now milliseconds since the Unix epoch */
export function formatServerStatus(
  status: ServerStatus,
  paint: Paint,
  now: number,
): readonly string[] {
  const lines = formatTable(
    [
      ['server', `${status.device}  ${status.addresses.join('  ')}`],
      ['running', duration(now - status.startedAt)],
      ['clients', String(status.peers.length)],
      ['dropped', serverDropText(status)],
    ],
    '',
  );
  for (const peer of status.peers) {
    const rows: [string, string][] = [
      ['key', peer.publicKey],
      ['addresses', peer.addresses.join('  ')],
      ['endpoint', `${peer.endpoint} over ${peer.carrier}`],
      ['connected', duration(now - peer.connectedAt)],
      ['last heard', `${duration(now - peer.lastHeardAt)} ago`],
      ['sent', formatBytes(peer.bytesSent)],
      ['received', formatBytes(peer.bytesReceived)],
      ['dropped', peerDropText(peer)],
    ];
    lines.push(
      '',
      paint.bold(printable(peer.name || '(no name)')),
      ...formatTable(safe(rows), '  '),
    );
  }
  return lines;
}

/** Clients name themselves, and servers give reasons: a terminal must not obey any of that. */
function safe(rows: readonly (readonly [string, string])[]): [string, string][] {
  return rows.map(([name, text]) => [name, printable(text)]);
}

function clientDropText(status: ClientStatus): string {
  const { droppedInQueue, droppedForeignSource, malformed, tooBig } = status;
  return `${droppedInQueue} in the queue, ${droppedForeignSource} of foreign sources, ${tooBig} too long, ${malformed} malformed`;
}

function serverDropText({ noRoute, tooBig, malformed }: ServerStatus): string {
  return `${noRoute} for nobody here, ${tooBig} too long, ${malformed} malformed`;
}

function peerDropText({ drops, droppedInQueue }: ServerStatus['peers'][number]): string {
  const { foreignSource, clientToClient } = drops;
  return `${droppedInQueue} in the queue, ${foreignSource} of foreign sources, ${clientToClient} to other clients`;
}

/** `1 d 2 h`, `3 min 4 s`, `5 s`. */
function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}
