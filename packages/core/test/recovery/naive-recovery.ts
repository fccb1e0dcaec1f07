/**
 * RFC 9002 written out over plain maps and arrays, looking at every packet each time: the twin that
 * the loss detector is held against.
 */
export class NaiveRecovery {
  readonly packets = new Map<
    number,
    { sentAt: number; fate: 'open' | 'acked' | 'lost' | 'late' }
  >();
  readonly skipped = new Set<number>();
  readonly sentTimes = new Map<number, number>();
  largestAcked = -1;
  srtt: number;
  rttvar: number;
  minRtt = Number.POSITIVE_INFINITY;
  latest: number;
  private readonly maxAckDelay: number;

  constructor(initialRtt: number, maxAckDelay: number) {
    this.srtt = initialRtt;
    this.latest = initialRtt;
    this.rttvar = initialRtt / 2;
    this.maxAckDelay = maxAckDelay;
  }

  sent(packetNumber: number, sentAt: number, ackEliciting: boolean): void {
    this.sentTimes.set(packetNumber, sentAt);
    if (ackEliciting) this.packets.set(packetNumber, { sentAt, fate: 'open' });
  }

  /** @returns false for an acknowledgement of something never sent */
  acked(numbers: readonly number[], ackDelay: number, now: number): boolean {
    if (numbers.some((number) => !this.sentTimes.has(number))) return false;
    const largest = Math.max(...numbers);
    let isAnyNew = false;
    for (const number of numbers) {
      const packet = this.packets.get(number);
      if (packet?.fate === 'open') isAnyNew = true;
      if (packet?.fate === 'open') packet.fate = 'acked';
      if (packet?.fate === 'lost') packet.fate = 'late';
    }
    if (isAnyNew && largest > this.largestAcked) {
      this.sample(now - this.sentTimes.get(largest)!, Math.min(ackDelay, this.maxAckDelay));
    }
    this.largestAcked = Math.max(this.largestAcked, largest);
    this.detect(now);
    return true;
  }

  detect(now: number): void {
    const delay = Math.max((9 / 8) * Math.max(this.srtt, this.latest), 2);
    for (const [number, packet] of this.packets) {
      if (packet.fate !== 'open' || number > this.largestAcked) continue;
      if (this.largestAcked - number >= 3 || packet.sentAt + delay <= now) packet.fate = 'lost';
    }
  }

  withFate(...fates: string[]): number[] {
    return [...this.packets].filter(([, packet]) => fates.includes(packet.fate)).map(([n]) => n);
  }

  private sample(latest: number, ackDelay: number): void {
    this.latest = latest;
    if (this.minRtt === Number.POSITIVE_INFINITY) {
      this.minRtt = latest;
      this.srtt = latest;
      this.rttvar = latest / 2;
      return;
    }
    this.minRtt = Math.min(this.minRtt, latest);
    const adjusted = latest >= this.minRtt + ackDelay ? latest - ackDelay : latest;
    this.rttvar = 0.75 * this.rttvar + 0.25 * Math.abs(this.srtt - adjusted);
    this.srtt = 0.875 * this.srtt + 0.125 * adjusted;
  }
}
