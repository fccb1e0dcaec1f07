import type { VCLConfig } from 'vcl-protocol';

/** Messages that may be under way in the tunnel's lane, as the window is counted in such. */
const WINDOW_MESSAGES = 8_192;

/** On carriers with long records a message holds many packets. */
const MAX_MESSAGE_BYTES = 65_535;

/**
 * Settings of a tunnel's session. Packets travel in the lossy lane (a TCP inside of a reliable tunnel
 * melts down), are handed over as soon as they are authentic, and are signed by a key that convinces
 * only the two peers (rule A7): a VPN must not produce evidence against its user.
 *
 * @param mtu the longest packet in the tunnel, in bytes
 */
export function sessionConfig(mtu: number): Partial<VCLConfig> {
  return {
    reliability: 'reliable',
    delivery: 'authenticated',
    evidence: 'session',
    fragmentSize: mtu,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    flowWindowSize: Math.min(WINDOW_MESSAGES, Math.floor((16 * 1_024 * 1_024) / mtu)),
  };
}

/**
 * Silence of the peer after which a session is given up, in ms: longer than the longest keepalive
 * interval with all its misses, so that it is the keepalive that decides.
 */
export const SESSION_IDLE_MS = 600_000;
