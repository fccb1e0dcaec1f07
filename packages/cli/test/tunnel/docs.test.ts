import { readFileSync } from 'node:fs';
import type { ServerPeerStatus, ServerStatus } from '@vcl-protocol/tunnel';
import { describe, expect, it } from 'vitest';
import { CLIENT_FIELDS } from '../../src/tunnel/config/client-config.js';
import { SERVER_FIELDS } from '../../src/tunnel/config/server-config.js';
import type { ClientStatus } from '../../src/tunnel/status/client-status.js';

const GUIDE = readFileSync(new URL('../../../../docs/vpn.md', import.meta.url), 'utf8');

/** What stands between a heading and the next one of its rank or above. */
function section(heading: string): string {
  const start = GUIDE.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`docs/vpn.md has no ${heading}`);
  const rank = heading.indexOf(' ');
  const rest = GUIDE.slice(start + heading.length + 2);
  return rest.split(new RegExp(`^#{1,${rank}} `, 'm'), 1)[0]!;
}

/** The rows of the table whose head begins with `head`: its columns, without those of the head. */
function table(text: string, head: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  if (start < 0) throw new Error(`docs/vpn.md has no table of ${head}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => line.split(' | '));
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
}

/** The compiler holds these to the types, so that they are what a status has. */
const CLIENT: Readonly<Record<keyof ClientStatus, true>> = {
  kind: true,
  device: true,
  preset: true,
  serverAddress: true,
  state: true,
  packetsSent: true,
  bytesSent: true,
  packetsReceived: true,
  bytesReceived: true,
  droppedInQueue: true,
  droppedForeignSource: true,
  malformed: true,
  tooBig: true,
  lossRate: true,
  keepaliveRttMs: true,
  rttMs: true,
  reconnectCount: true,
  downtimeMs: true,
  uptimeMs: true,
  mtu: true,
  obfuscation: true,
  carrier: true,
  server: true,
  addresses: true,
  lastError: true,
  recommendedObfuscation: true,
};
const SERVER: Readonly<Record<keyof ServerStatus | 'kind', true>> = {
  kind: true,
  device: true,
  addresses: true,
  mtu: true,
  startedAt: true,
  peers: true,
  noRoute: true,
  malformed: true,
  tooBig: true,
};
const PEER: Readonly<Record<keyof ServerPeerStatus, true>> = {
  publicKey: true,
  name: true,
  addresses: true,
  endpoint: true,
  carrier: true,
  connectedAt: true,
  lastHeardAt: true,
  rttMs: true,
  lossRate: true,
  packetsSent: true,
  bytesSent: true,
  packetsReceived: true,
  bytesReceived: true,
  droppedInQueue: true,
  drops: true,
};

describe('docs/vpn.md', () => {
  it.each([
    ['### server.toml', SERVER_FIELDS],
    ['### client.toml', CLIENT_FIELDS],
  ])('lists the fields below "%s" as they stand in the file', (heading, fields) => {
    const documented = table(section(heading), 'field').map(([name]) => quoted(name!));
    expect(documented).toEqual(fields.map(([name]) => [name]));
  });

  it.each([
    ['client', CLIENT],
    ['server', SERVER],
  ] as const)("lists the keys of a %s's status", (kind, keys) => {
    const documented = table(section('## Status'), kind).flatMap(([names]) => quoted(names!));
    expect(documented.toSorted()).toEqual(Object.keys(keys).sort());
  });

  it("lists the keys of a peer in a server's status", () => {
    const row = table(section('## Status'), 'server').find(([name]) => name === '| `peers`');
    expect(quoted(row![1]!).sort()).toEqual(Object.keys(PEER).sort());
  });
});
