import { CarrierRemote, type RemoteAddress } from '@vcl-protocol/core';
import type { CarrierLink } from '../carrier-link.js';
import type { DatagramLink, LinkHandler } from '../datagram-link.js';

/** What a {@link CarrierHub} is made of. */
export interface CarrierHubOptions {
  /** What datagrams travel on, unless there are none. */
  readonly datagrams: DatagramLink | undefined;
  /** Where it counts as bound without datagrams. */
  readonly local: RemoteAddress;
  /** Whether carriers are accepted at {@link local}. Default false: the first carrier says where this end is. */
  readonly accepts?: boolean;
}

/** The longest record (SPEC 13.1). */
const MAX_RECORD_BYTES = 65_535;
/** What a full carrier still takes: last words, and answers to handshakes, in bytes. */
const MAX_OVERRUN_BYTES = 16_384;
const ALL_FAMILIES: readonly (4 | 6)[] = [4, 6];

/**
 * One local address with all that leads to it: datagrams, and the carriers that were connected from
 * or to it. For its driver it is a link like any other; where a record goes decides which way.
 */
export class CarrierHub implements DatagramLink {
  readonly #local: RemoteAddress;
  readonly #accepts: boolean;
  #datagrams: DatagramLink | undefined;
  readonly #carriers = new Map<CarrierRemote, CarrierLink>();
  readonly #losses = new Map<CarrierRemote, (error: Error | undefined) => void>();
  /** Of carriers that are full: how many bytes they were given all the same. */
  readonly #overruns = new Map<CarrierRemote, number>();
  /** Carriers that something was sent on since the last flush. */
  readonly #unflushed = new Set<CarrierLink>();
  /** Where a record is written before it is known which way it goes. */
  #scratch: Uint8Array | undefined;
  #isScratchOut = false;
  #handler: LinkHandler | undefined;
  #isClosed = false;

  constructor({ datagrams, local, accepts = false }: CarrierHubOptions) {
    this.#datagrams = datagrams;
    this.#local = local;
    this.#accepts = accepts;
  }

  get local(): RemoteAddress {
    if (this.#datagrams !== undefined) return this.#datagrams.local;
    if (!this.#accepts) for (const { local } of this.#carriers.values()) return local;
    return this.#local;
  }

  get families(): readonly (4 | 6)[] {
    return this.#datagrams?.families ?? ALL_FAMILIES;
  }

  /** Whether datagrams can be sent. */
  get hasDatagrams(): boolean {
    return this.#datagrams !== undefined;
  }

  /** The carriers that are connected; the lossy side of one is not told apart. */
  get carriers(): readonly CarrierLink[] {
    return [...new Set(this.#carriers.values())];
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
    this.#datagrams?.start(handler);
  }

  /**
   * Takes in a carrier: what comes on it goes to the driver, and records can be sent on it.
   *
   * @param onLost it is gone, without {@link drop} having been called
   */
  add(link: CarrierLink, onLost?: (error: Error | undefined) => void): void {
    if (this.#isClosed) {
      link.destroy();
      return;
    }
    this.#attach(link);
    if (link.lossySide !== undefined) this.#attach(link.lossySide);
    if (onLost !== undefined) this.#losses.set(link.remote, onLost);
  }

  /** Tells another of the loss of a carrier than {@link add} named. */
  watch(link: CarrierLink, onLost: (error: Error | undefined) => void): void {
    this.#losses.set(link.remote, onLost);
  }

  /** Lets a carrier go; what was sent on it leaves first. */
  drop(link: CarrierLink): void {
    this.#forget(link);
    link.remote.onLost();
    void link.close();
  }

  reserve(): Uint8Array | undefined {
    const out = this.#datagrams?.reserve();
    if (this.#carriers.size === 0 && this.#datagrams !== undefined) {
      this.#isScratchOut = false;
      return out;
    }
    if (this.#datagrams !== undefined && out === undefined) return undefined;
    this.#isScratchOut = true;
    this.#scratch ??= new Uint8Array(MAX_RECORD_BYTES);
    return this.#scratch;
  }

  send(bytes: number, to: RemoteAddress): void {
    if (!this.#isScratchOut) {
      // What is addressed to a carrier that is gone has nowhere to go.
      if (!(to instanceof CarrierRemote)) this.#datagrams?.send(bytes, to);
      return;
    }
    const record = this.#scratch!.subarray(0, bytes);
    if (to instanceof CarrierRemote) this.#sendOn(to, record);
    else this.#sendDatagram(record, to);
  }

  flush(): void {
    this.#datagrams?.flush();
    if (this.#unflushed.size === 0) return;
    for (const link of this.#unflushed) link.flush();
    this.#unflushed.clear();
  }

  /** Datagrams go through another link from here on. Resolves when the former is closed. */
  async replaceDatagrams(link: DatagramLink): Promise<void> {
    if (this.#isClosed) {
      await link.close();
      return;
    }
    const former = this.#datagrams;
    this.#datagrams = link;
    if (this.#handler !== undefined) link.start(this.#handler);
    await former?.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.flush();
    const links = this.carriers;
    this.#carriers.clear();
    this.#losses.clear();
    await Promise.all([this.#datagrams?.close(), ...links.map((link) => link.close())]);
  }

  #attach(link: CarrierLink): void {
    const { remote } = link;
    this.#carriers.set(remote, link);
    link.start({
      onRecord: (record) => this.#handler?.onDatagram(record, remote),
      onDrain: () => this.#handler?.onDrain(),
      onClosed: (error) => this.#onClosed(link, error),
    });
  }

  #onClosed(link: CarrierLink, error: Error | undefined): void {
    const onLost = this.#losses.get(link.remote);
    this.#forget(link);
    if (error !== undefined) this.#handler?.onTrouble(error);
    onLost?.(error);
    this.#handler?.onDrain();
  }

  #forget(link: CarrierLink): void {
    this.#carriers.delete(link.remote);
    this.#losses.delete(link.remote);
    this.#overruns.delete(link.remote);
    this.#unflushed.delete(link);
    if (link.lossySide !== undefined) this.#forget(link.lossySide);
  }

  #sendOn(to: CarrierRemote, record: Uint8Array): void {
    const link = this.#carriers.get(to);
    if (link === undefined || !this.#mayTake(to, record.length)) return;
    link.send(record);
    this.#unflushed.add(link);
  }

  /**
   * Sessions stop at a carrier that is full; handshakes do not, and whoever says hello again and again
   * without reading must not make this side keep all the answers. What is dropped is sent again.
   */
  #mayTake(to: CarrierRemote, bytes: number): boolean {
    if (!to.isFull) {
      if (this.#overruns.size > 0) this.#overruns.delete(to);
      return true;
    }
    const overrun = (this.#overruns.get(to) ?? 0) + bytes;
    if (overrun > MAX_OVERRUN_BYTES) return false;
    this.#overruns.set(to, overrun);
    return true;
  }

  #sendDatagram(record: Uint8Array, to: RemoteAddress): void {
    const out = this.#datagrams?.reserve();
    if (out === undefined) return;
    out.set(record);
    this.#datagrams?.send(record.length, to);
  }
}
