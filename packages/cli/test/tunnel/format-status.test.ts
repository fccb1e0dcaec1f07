import type { ServerPeerStatus, ServerStatus } from '@vcl-protocol/tunnel';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { plainPaint } from '../../src/output.js';
import type { ClientStatus } from '../../src/tunnel/status/client-status.js';
import { formatClientStatus, formatServerStatus } from '../../src/tunnel/status/format-status.js';

const CLIENT = {
  kind: 'client',
  device: 'vcl0',
  preset: 'home',
  serverAddress: 'vpn.example.org:51820',
  state: 'reconnecting',
  lastError: 'the server does not answer any more',
  addresses: ['10.8.0.2/24', 'fd08::2/64'],
  mtu: 1_420,
  packetsSent: 12,
  bytesSent: 3_400,
  packetsReceived: 5,
  bytesReceived: 600,
  droppedInQueue: 1,
  droppedForeignSource: 2,
  malformed: 3,
  tooBig: 4,
  lossRate: 0.031,
  rttMs: undefined,
  uptimeMs: 0,
  reconnectCount: 2,
  downtimeMs: 61_000,
  recommendedObfuscation: 'tls-mimicry',
} as unknown as ClientStatus;

const PEER = {
  publicKey: 'vcl-ed25519:AAAA',
  name: 'laptop',
  addresses: ['10.8.0.2', 'fd08::2'],
  endpoint: '192.0.2.7:40000',
  carrier: 'udp',
  connectedAt: 0,
  lastHeardAt: 7_199_000,
  bytesSent: 1_000,
  bytesReceived: 2_000,
  droppedInQueue: 3,
  drops: { foreignSource: 4, clientToClient: 5 },
} as unknown as ServerPeerStatus;

function server(...peers: readonly ServerPeerStatus[]): ServerStatus {
  const addresses = ['10.8.0.1/24', 'fd08::1/64'];
  const drops = { noRoute: 6, malformed: 7, tooBig: 8 };
  return { device: 'vcl0', addresses, mtu: 1_420, startedAt: 0, peers, ...drops };
}

describe("a client's status", () => {
  it('tells first that there is no connection, and why', () => {
    const lines = formatClientStatus(CLIENT, plainPaint);
    expect(lines.slice(0, 6)).toEqual([
      'state        reconnecting',
      'last error   the server does not answer any more',
      'server       vpn.example.org:51820',
      'interface    vcl0  10.8.0.2/24  fd08::2/64',
      'round trip   not known',
      'lost         3.1 % of what was sent lately',
    ]);
    expect(lines).toContain(
      'dropped      1 in the queue, 2 of foreign sources, 4 too long, 3 malformed',
    );
    expect(lines).toContain('reconnected  2 times, 1 min 1 s without');
    expect(lines.at(-1)).toContain('none in this version; tls-mimicry would fit home');
  });

  it('has its colors, and no others', () => {
    const colors = pc.createColors(true);
    const lastError = 'the server says: \u001b[2J\u202egone\n';
    const up = { ...CLIENT, state: 'connected' as const, lastError };
    const [state, error] = formatClientStatus(up, colors);
    expect(state).toContain(colors.green('connected'));
    expect(error).toBe('last error   the server says: \\u001b[2J\\u202egone\\u000a');
    expect(formatClientStatus(CLIENT, colors)[0]).toContain(colors.red('reconnecting'));
  });
});

describe("a server's status", () => {
  it('has each client with what was dropped', () => {
    const lines = formatServerStatus(server(PEER), plainPaint, 7_200_000);
    expect(lines.slice(0, 4)).toEqual([
      'server   vcl0  10.8.0.1/24  fd08::1/64',
      'running  2 h 0 min',
      'clients  1',
      'dropped  6 for nobody here, 8 too long, 7 malformed',
    ]);
    expect(lines.slice(lines.indexOf('laptop'))).toEqual([
      'laptop',
      '  key         vcl-ed25519:AAAA',
      '  addresses   10.8.0.2  fd08::2',
      '  endpoint    192.0.2.7:40000 over udp',
      '  connected   2 h 0 min',
      '  last heard  1 s ago',
      '  sent        1.00 kB',
      '  received    2.00 kB',
      expect.stringMatching(/^ {2}dropped {5}3 in the queue, 4 of foreign sources, 5 to other/),
    ]);
  });

  it('escapes what a client calls itself', () => {
    const named = { ...PEER, name: 'lap\u001b]0;top\u0007' };
    const text = formatServerStatus(server(named), plainPaint, 0).join('\n');
    expect(text).toContain('lap\\u001b]0;top\\u0007');
    expect(text).not.toMatch(/\p{Cc}(?<!\n)/u);
    const unnamed = formatServerStatus(server({ ...PEER, name: '' }), plainPaint, 0);
    expect(unnamed).toContain('(no name)');
  });
});
