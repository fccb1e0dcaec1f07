import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  createMemoryTun,
  MemoryPeerStore,
  TunnelConfig,
  TunnelState,
  VCLTunnel,
  VCLTunnelServer,
} from '@vcl-protocol/tunnel';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plainPaint } from '../../src/output.js';
import { type ClientStatus, clientStatus } from '../../src/tunnel/status/client-status.js';
import { formatClientStatus } from '../../src/tunnel/status/format-status.js';

async function startServer(...keys: readonly KeyPair[]): Promise<VCLTunnelServer> {
  const store = new MemoryPeerStore();
  for (const { publicKey } of keys) {
    await store.putPeer({
      publicKey: encodePublicKey(publicKey),
      name: 'laptop',
      addresses: [],
      allowedIps: [],
      addedAt: 0,
      expiresAt: undefined,
      enabled: true,
    });
  }
  const server = await VCLTunnelServer.start(
    { listen: '127.0.0.1:0', identity: KeyPair.generate(), addresses: ['10.9.0.1/24'], store },
    { tun: createMemoryTun({ name: 'srv0' }).device },
  );
  onTestFinished(() => server.stop());
  return server;
}

async function startClient(
  server: string,
  peerKey: string,
  identity: KeyPair = KeyPair.generate(),
): Promise<VCLTunnel> {
  const config = TunnelConfig.mobile('', '', { server, peerKey, identity, device: 'cli0' });
  const tunnel = await VCLTunnel.withConfig(config, {
    tun: createMemoryTun({ name: 'cli0' }).device,
  });
  onTestFinished(() => tunnel.stop());
  return tunnel;
}

/** The next event of this type. */
async function told(tunnel: VCLTunnel, type: string): Promise<void> {
  for await (const event of tunnel.events()) if (event.type === type) return;
}

function lines(status: ClientStatus): readonly string[] {
  return formatClientStatus(status, plainPaint);
}

describe('a client that is connected', () => {
  it('says so with server, carrier and addresses, for people and for programs', async () => {
    const identity = KeyPair.generate();
    const server = await startServer(identity);
    const { port, publicKey } = server.address;
    const tunnel = await startClient(`127.0.0.1:${port}`, publicKey, identity);
    await told(tunnel, 'connected');
    const status = clientStatus(tunnel);
    expect(JSON.parse(JSON.stringify(status))).toMatchObject({
      kind: 'client',
      state: 'connected',
      device: 'cli0',
      preset: 'mobile',
      serverAddress: `127.0.0.1:${port}`,
      lastError: null,
      obfuscation: 'none',
      recommendedObfuscation: 'full',
      addresses: [expect.stringMatching(/^10\.9\.0\.\d+\/24$/)],
      reconnectCount: 0,
    });
    const [state, where] = lines(status);
    expect(state).toMatch(/^state +connected for \d+ s$/);
    expect(where).toMatch(new RegExp(`^server +\\S+:${port} over \\w+$`));
    expect(lines(status).join('\n')).not.toContain('last error');
  });
});

describe('a client whose server does not answer', () => {
  it('is not connected, though there is a socket at the address', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address();
    const key = encodePublicKey(KeyPair.generate().publicKey);
    const tunnel = await startClient(`udp://127.0.0.1:${port}`, key);
    // It has sent a hello, which is all that happens here.
    await once(silent, 'message');
    const status = clientStatus(tunnel);
    expect(status).toMatchObject({ state: 'connecting', uptimeMs: 0, addresses: [] });
    expect(status.server).toBeUndefined();
    expect(lines(status)[0]).toMatch(/^state +connecting$/);
    expect(lines(status)[1]).toBe(`server       udp://127.0.0.1:${port}`);
    expect(lines(status).join('\n')).not.toMatch(/connected (for|to)/);
  });
});

describe('a client that is not let in', () => {
  it('has the reason in words', async () => {
    const server = await startServer();
    const { port, publicKey } = server.address;
    const tunnel = await startClient(`udp://127.0.0.1:${port}`, publicKey);
    await told(tunnel, 'attemptFailed');
    expect(tunnel.state).not.toBe(TunnelState.Connected);
    const status = clientStatus(tunnel);
    expect(status.lastError).toMatch(/\w+ \w+ \w+/);
    expect(lines(status)[1]).toBe(`last error   ${status.lastError}`);
  });
});
