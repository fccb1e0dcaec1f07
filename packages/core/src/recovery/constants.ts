/**
 * Constants of loss recovery (rules K3 and D6, RFC 9002, SPEC registry). Times are milliseconds.
 */

/** RTT assumed before any sample (RFC 9002 6.2.2). */
export const INITIAL_RTT_MS = 333;

/** Timer granularity; half of what a browser clock allows, twice what Node timers can hold. */
export const GRANULARITY_MS = 2;

/** How long a receiver may hold an acknowledgement back, unless its parameter says otherwise. */
export const DEFAULT_MAX_ACK_DELAY_MS = 25;

/** Ack-eliciting packets per acknowledgement on an ordinary path. */
export const DEFAULT_ACK_THRESHOLD = 2;

/** Ack-eliciting packets per acknowledgement when many are in flight. */
export const BUSY_ACK_THRESHOLD = 8;

/** More packets in flight than this and {@link BUSY_ACK_THRESHOLD} applies. */
export const BUSY_PACKETS_IN_FLIGHT = 100;

/** A packet is lost once one sent this many later is acknowledged (RFC 9002 6.1.1). */
export const PACKET_THRESHOLD = 3;

/** A packet is lost this many round trips after it was sent (RFC 9002 6.1.2). */
export const TIME_THRESHOLD: number = 9 / 8;

/** Congestion window at the start, in packets. */
export const INITIAL_WINDOW_PACKETS = 10;

/** The congestion window is never smaller than this many packets (RFC 9002 7.2). */
export const MINIMUM_WINDOW_PACKETS = 2;

/** Losses that span this many PTOs are persistent congestion (RFC 9002 7.6.1). */
export const PERSISTENT_CONGESTION_PTOS = 3;

/** Ceiling of the backed-off PTO while data waits to be sent. */
export const PTO_CAP_WITH_DATA_MS = 2_000;

/** Ceiling of the backed-off PTO when nothing waits. */
export const PTO_CAP_IDLE_MS = 60_000;

/**
 * After so many probe timeouts without an acknowledgement nobody is expected to answer soon: about
 * two minutes with data queued.
 */
export const DESPAIR_PTOS = 64;

/** So many packets stay outstanding then; older ones count as lost. */
export const DESPAIR_OUTSTANDING = 16;

/** A lost packet is remembered this many PTOs, so that a late acknowledgement is understood. */
export const LOST_RETENTION_PTOS = 3;

/** At most this many lost packets are remembered. */
export const MAX_RETAINED_LOST = 1_024;

/** Outcomes over which the loss rate is taken. */
export const LOSS_WINDOW_PACKETS = 128;

/** Burst the pacer lets through at once, in packets. */
export const PACER_BURST_PACKETS = 10;

/** Burst the pacer lets through at once, as time at the current rate. */
export const PACER_BURST_MS = 2;

/** The pacer never asks for a timer shorter than this. */
export const PACER_MIN_TIMER_MS = 1;

/** The pacer sends this much faster than cwnd per round trip, so that it never is the bottleneck. */
export const PACER_GAIN = 1.25;
