import { recommendedMode, type TunnelStats, type VCLTunnel } from '@vcl-protocol/tunnel';

/** What `vcl status --json` prints of a client. */
export interface ClientStatus extends TunnelStats {
  readonly kind: 'client';
  readonly device: string;
  readonly preset: string;
  readonly serverAddress: string;
  /** Why there is no session, or why the last one ended; null when there was nothing. */
  readonly lastError: string | null;
  /** The disguise that fits this kind of network; none is in force in this version. */
  readonly recommendedObfuscation: string;
}

export function clientStatus(tunnel: VCLTunnel): ClientStatus {
  const { preset, device, server } = tunnel.config;
  const hint = /^auto\((.*)\)$/.exec(preset)?.[1] ?? preset;
  return {
    kind: 'client',
    device,
    preset,
    serverAddress: server,
    ...tunnel.stats(),
    lastError: tunnel.lastError?.message ?? null,
    recommendedObfuscation: recommendedMode(hint),
  };
}
