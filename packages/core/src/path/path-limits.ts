import { CarrierRemote } from './carrier-remote.js';
import type { RemoteAddress } from './remote-address.js';

/** What a record may be like on its way to a certain place. */
export interface PathLimits {
  /** Whether every record arrives, in order, as long as the carrier lives (SPEC 13.2). */
  readonly isOrdered: boolean;
  /** The longest record that is sent, in bytes. */
  readonly maxDatagramBytes: number;
  /** Message payload bytes that a record carries at most. */
  readonly maxPayloadBytes: number;
  /** How long an acknowledgement is held back at most, ms, and for how many packets. */
  readonly maxAckDelayMs: number | undefined;
  readonly ackThreshold: number | undefined;
}

/** A datagram is at most this much longer than the payload in it (SPEC 6.1). */
const DATAGRAM_OVERHEAD_BYTES = 32;
/** Where nothing is lost, the cost of a record decides how long it is (rule D2). */
const ORDERED_RECORD_BYTES = 16_384;
/** So that a carrier that is lost leaves at most this open for sending again (rule D2). */
const ORDERED_ACK_DELAY_MS = 100;
const ORDERED_ACK_THRESHOLD = 4;

/**
 * @param fragmentSize payload bytes of a datagram, as configured
 * @param peerMaxDatagramBytes what the peer takes as a datagram
 */
export function pathLimits(
  remote: RemoteAddress,
  fragmentSize: number,
  peerMaxDatagramBytes: number,
): PathLimits {
  if (!(remote instanceof CarrierRemote)) {
    const wanted = fragmentSize + DATAGRAM_OVERHEAD_BYTES;
    return datagramLimits(Math.min(wanted, peerMaxDatagramBytes), fragmentSize);
  }
  if (!remote.isOrdered) return datagramLimits(remote.maxRecordBytes, fragmentSize);
  const bytes = Math.min(ORDERED_RECORD_BYTES, remote.maxRecordBytes);
  return {
    isOrdered: true,
    maxDatagramBytes: bytes,
    maxPayloadBytes: bytes,
    maxAckDelayMs: ORDERED_ACK_DELAY_MS,
    ackThreshold: ORDERED_ACK_THRESHOLD,
  };
}

function datagramLimits(maxDatagramBytes: number, maxPayloadBytes: number): PathLimits {
  return {
    isOrdered: false,
    maxDatagramBytes,
    maxPayloadBytes,
    maxAckDelayMs: undefined,
    ackThreshold: undefined,
  };
}
