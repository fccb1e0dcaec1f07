/** What is known about a sent packet. */
export const PacketState = {
  /** Not in use: in the pool, or being filled. */
  free: 0,
  /** Sent, with nothing heard of it. */
  outstanding: 1,
  /** Acknowledged. */
  acked: 2,
  /** Declared lost, and remembered in case that was wrong. */
  lost: 3,
} as const;

/** One of {@link PacketState}. */
export type PacketState = (typeof PacketState)[keyof typeof PacketState];

/**
 * Record of one sent packet. Records come from a pool and are used again: whoever is handed one
 * (loss handler, list walk) must not keep it beyond the call.
 *
 * The frames to send again on loss stand in parallel arrays, entries `0` to `frameCount - 1`; what
 * kind, reference, start and end mean is the connection's business.
 */
export class SentPacket {
  packetNumber = -1;
  /** When it was sent, ms. */
  sentAt = 0;
  /** Bytes of the datagram. */
  size = 0;
  /** Must be acknowledged by the peer. Packets without it are not tracked. */
  ackEliciting = false;
  /** Counts against the congestion window. */
  inFlight = false;
  /** Tunnel traffic, which has its own rate control: never counts against the window (rule D3). */
  exempt = false;
  /** Loss says something about its size, nothing about congestion (RFC 8899 3). */
  mtuProbe = false;
  /** Key epoch it was sealed under. */
  epoch = 0;
  state: PacketState = PacketState.free;

  frameCount = 0;
  readonly frameKinds: number[] = [];
  readonly frameRefs: (object | undefined)[] = [];
  readonly frameStarts: number[] = [];
  readonly frameEnds: number[] = [];

  /** Next newer packet of the list it is in. */
  next: SentPacket | undefined = undefined;
  /** Next older packet of the list it is in. */
  previous: SentPacket | undefined = undefined;

  /** Kept by the packet list: something between the packet sent before it and it was acknowledged. */
  ackedBefore = false;
  /** Kept by the loss detector: when it was declared lost. */
  lostAt = 0;
  /** Kept by the loss episodes: which reduction of the window its loss belongs to; 0 for none. */
  lossEpisode = 0;
  /** Kept by the loss detector: its entry in the delivery statistics. */
  outcome = 0;

  /** Whether it takes room in the congestion window. */
  get countsAgainstWindow(): boolean {
    return this.inFlight && !this.exempt;
  }

  /** Whether its loss is a sign of congestion for the window (rule K3: MTU probes are none). */
  get signalsCongestion(): boolean {
    return this.countsAgainstWindow && !this.mtuProbe;
  }

  /** Notes a frame the packet carries. @param ref the message or stream it belongs to, if any */
  addFrame(kind: number, ref: object | undefined, start: number, end: number): void {
    const index = this.frameCount++;
    this.frameKinds[index] = kind;
    this.frameRefs[index] = ref;
    this.frameStarts[index] = start;
    this.frameEnds[index] = end;
  }

  /** Makes the record blank, letting go of everything the frames referred to. */
  clear(): void {
    for (let index = 0; index < this.frameCount; index++) this.frameRefs[index] = undefined;
    this.frameCount = 0;
    this.packetNumber = -1;
    this.sentAt = 0;
    this.size = 0;
    this.ackEliciting = false;
    this.inFlight = false;
    this.exempt = false;
    this.mtuProbe = false;
    this.epoch = 0;
    this.state = PacketState.free;
    this.ackedBefore = false;
    this.lostAt = 0;
    this.lossEpisode = 0;
    this.outcome = 0;
  }
}
