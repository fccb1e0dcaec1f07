/**
 * A VPN over VCL: TUN devices, IP packets, a tunnel's server and client.
 *
 * @packageDocumentation
 */
export type { TunnelRoutes } from './client/client-options.js';
export { ObfuscationMode, recommendedMode } from './client/network-hints.js';
export {
  TunnelConfig,
  type TunnelConfigFields,
  type TunnelSettings,
} from './client/tunnel-config.js';
export type { TunnelEvent } from './client/tunnel-event.js';
export type { TunnelStats } from './client/tunnel-stats.js';
export { type TunnelParts, VCLTunnel } from './client/vcl-tunnel.js';
export { type IpPacket, parseIpPacket } from './core/ip/ip-packet.js';
export { IpPrefix } from './core/ip/ip-prefix.js';
export { IpVersion } from './core/ip/ip-version.js';
export { type FragmentInfo, ParsedPacket } from './core/ip/parsed-packet.js';
export {
  type FragmentTransport,
  type IcmpTransport,
  type OtherTransport,
  type TcpTransport,
  TransportProtocol,
  type TransportQuestions,
  type UdpTransport,
} from './core/ip/transport-protocol.js';
export {
  type KeepaliveConfig,
  KeepalivePreset,
  keepaliveConfig,
} from './core/keepalive/keepalive-config.js';
export { KeepaliveAction, KeepaliveManager } from './core/keepalive/keepalive-manager.js';
export type { Invitation, Lease, Peer } from './core/lease/peer.js';
export { ReconnectConfig } from './core/reconnect/reconnect-config.js';
export { ReconnectManager, ReconnectState } from './core/reconnect/reconnect-manager.js';
export type { ClientToClient } from './core/routing/peer-routes.js';
export { TunnelState } from './core/state/client-machine.js';
export { createMemoryTun, type MemoryTun, type MemoryTunOptions } from './device/memory-tun.js';
export { openTunDevice, type TunDeviceOptions } from './device/open-device.js';
export type { TunDevice, TunFrame, TunHandler } from './device/tun-device.js';
export type { SystemParts } from './link/open-interface.js';
export { invitationId } from './server/peer-admission.js';
export type { TunnelServerOptions } from './server/server-options.js';
export type { ServerPeerStatus, ServerStatus } from './server/server-status.js';
export { VCLTunnelServer } from './server/vcl-tunnel-server.js';
export { MemoryPeerStore } from './store/memory-peer-store.js';
export type { PeerStore, Redemption, StoreContents } from './store/peer-store.js';
export { SqlitePeerStore, type SqlitePeerStoreOptions } from './store/sqlite-peer-store.js';
export { undoJournal } from './system/journal.js';
export { journalDirectory, journalOwner, journalPath } from './system/journal-file.js';
export type { TunConfig } from './tun-config.js';
export { type TunParts, VCLTun } from './vcl-tun.js';
