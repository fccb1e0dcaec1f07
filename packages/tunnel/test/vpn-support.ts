import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { onTestFinished } from 'vitest';
import {
  createMemoryTun,
  MemoryPeerStore,
  type MemoryTun,
  type Peer,
  ReconnectConfig,
  type SystemParts,
  TunnelConfig,
  type TunnelEvent,
  type TunnelServerOptions,
  type TunnelSettings,
  VCLTunnel,
  VCLTunnelServer,
} from '../src/index.js';

/** A server with a device of memory, on loopback. */
export interface ServerSide {
  readonly server: VCLTunnelServer;
  readonly store: MemoryPeerStore;
  readonly tun: MemoryTun;
  /** Where clients connect to. */
  readonly address: string;
}

/** A client with a device of memory. */
export interface ClientSide {
  readonly tunnel: VCLTunnel;
  readonly tun: MemoryTun;
  readonly events: TunnelEvent[];
  readonly key: string;
}

/** Addresses in the tunnel. */
export interface Ends {
  readonly localIp?: string;
  readonly remoteIp?: string;
}

export function peer(key: KeyPair, more: Partial<Peer> = {}): Peer {
  return {
    publicKey: encodePublicKey(key.publicKey),
    name: '',
    addresses: [],
    allowedIps: [],
    addedAt: 0,
    expiresAt: undefined,
    enabled: true,
    ...more,
  };
}

export async function startServer(
  options: Partial<TunnelServerOptions> = {},
  store: MemoryPeerStore = new MemoryPeerStore(),
  parts: SystemParts = {},
): Promise<ServerSide> {
  const tun = createMemoryTun({ name: 'srv0' });
  const given = {
    identity: KeyPair.generate(),
    addresses: ['10.9.0.1/24', 'fd09::1/64'],
    ...options,
  };
  const server = await VCLTunnelServer.start(
    { listen: '127.0.0.1:0', store, ...given },
    { tun: tun.device, ...parts },
  );
  onTestFinished(() => server.stop());
  return { server, store, tun, address: `127.0.0.1:${server.address.port}` };
}

export async function startClient(
  { server, address }: ServerSide,
  settings: Partial<TunnelSettings> & { readonly mtu?: number } = {},
  parts: SystemParts = {},
  { localIp = '', remoteIp = '' }: Ends = {},
): Promise<ClientSide> {
  const identity = (settings.identity as KeyPair | undefined) ?? KeyPair.generate();
  const { mtu = 1_420, ...rest } = settings;
  const peerKey = server.address.publicKey;
  const config = TunnelConfig.home(localIp, remoteIp, {
    server: address,
    peerKey,
    identity,
    ...rest,
  })
    .withReconnect({ ...ReconnectConfig.instant(), maxAttempts: undefined })
    .withMtu(mtu);
  const tun = createMemoryTun({ name: 'cli0' });
  const tunnel = await VCLTunnel.withConfig(config, { tun: tun.device, ...parts });
  onTestFinished(() => tunnel.stop());
  const events: TunnelEvent[] = [];
  void collect(tunnel, events);
  return { tunnel, tun, events, key: encodePublicKey(identity.publicKey) };
}

async function collect(tunnel: VCLTunnel, events: TunnelEvent[]): Promise<void> {
  for await (const event of tunnel.events()) events.push(event);
}

/** A client whose key the server knows, connected. */
export async function connectedClient(
  side: ServerSide,
  settings: Partial<TunnelSettings> & { readonly mtu?: number } = {},
  more: Partial<Peer> = {},
  ends: Ends = {},
): Promise<ClientSide> {
  const identity = KeyPair.generate();
  await side.store.putPeer(peer(identity, more));
  const client = await startClient(side, { ...settings, identity }, {}, ends);
  await until(() => client.tunnel.state === 'connected');
  return client;
}

/** Resolves when `holds` does; rejects after 10 s. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it never came about');
}

/** The next packets that were written to a device. */
export async function taken(tun: MemoryTun, count: number): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = [];
  await until(() => packets.push(...tun.take()) >= count);
  return packets;
}

/** A UDP packet over IPv4 with right checksums left out: 0 means none. */
export function udp4(source: string, destination: string, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(28 + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet[8] = 64;
  packet[9] = 17;
  packet.set(source.split('.').map(Number), 12);
  packet.set(destination.split('.').map(Number), 16);
  view.setUint16(20, 4_000);
  view.setUint16(22, 5_000);
  view.setUint16(24, 8 + payload.length);
  packet.set(payload, 28);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)));
  return packet;
}

/** The IPv4 address that a client was given. */
export function addressOf({ tunnel }: ClientSide): string {
  return tunnel.addresses[0]!.split('/')[0]!;
}
