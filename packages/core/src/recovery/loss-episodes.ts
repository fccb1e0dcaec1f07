import type { StateCarrier } from '../state-carrier.js';
import type { CongestionController } from './congestion/controller.js';
import type { PacketListView } from './packet-list.js';
import type { SentPacket } from './sent-packet.js';

/**
 * Turns losses into congestion events and undoes a reduction whose every loss turned out to be
 * wrong (RFC 9438 4.9.2). An episode is the time between two reductions of the window.
 */
export class LossEpisodes {
  readonly #congestion: CongestionController;
  #episode = 0;
  /** Losses of the present episode that were not acknowledged afterwards. */
  #standing = 0;

  constructor(congestion: CongestionController) {
    this.#congestion = congestion;
  }

  /** The newest `count` packets of `lost` were declared lost just now. */
  onLost(lost: PacketListView, count: number, now: number): void {
    const newest = newestSignal(lost.last, count);
    if (newest === undefined) return;
    if (this.#congestion.onCongestionEvent(newest.sentAt, now)) {
      this.#episode++;
      this.#standing = 0;
    }
    let packet = lost.last;
    for (let index = 0; index < count && packet !== undefined; index++) {
      if (packet.signalsCongestion) {
        packet.lossEpisode = this.#episode;
        this.#standing++;
      }
      packet = packet.previous;
    }
  }

  /** A packet declared lost was acknowledged after all. */
  onLateAck(packet: SentPacket): void {
    if (!packet.signalsCongestion || packet.lossEpisode !== this.#episode) return;
    this.#standing--;
    if (this.#standing === 0) this.#congestion.onSpuriousLoss();
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#episode = state.number(this.#episode);
    this.#standing = state.number(this.#standing);
  }
}

/** The newest of `count` packets whose loss is a sign of congestion. */
function newestSignal(newest: SentPacket | undefined, count: number): SentPacket | undefined {
  let packet = newest;
  for (let index = 0; index < count && packet !== undefined; index++) {
    if (packet.signalsCongestion) return packet;
    packet = packet.previous;
  }
  return undefined;
}
