import type { TimedAction, VirtualTime } from '../clock.js';
import type { SeededRandom } from '../random.js';
import { addressKey, type NetworkAddress } from './address.js';
import { ConditionRules, matches } from './condition-rules.js';
import { checkConditions, type LinkConditions } from './conditions.js';
import { addLinkCounters, createLinkCounters, type LinkCounters } from './counters.js';
import { Link } from './link.js';
import { AddressTranslator } from './nat.js';
import type { NetworkTap, TapVerdict } from './tap.js';

/** Who gets the datagrams of an attached address. */
export interface DatagramReceiver {
  /**
   * @param data given away: the receiver may keep it and change it
   * @param from the source as seen from here, after address translation
   * @param now virtual time in milliseconds
   */
  handleDatagram(data: Uint8Array, from: NetworkAddress, now: number): void;
}

/** What a {@link SimulatedNetwork} stands on. */
export interface NetworkOptions {
  /** Decides all chances of the network; only forks of it are drawn from. */
  readonly random: SeededRandom;
  /** Carries the datagrams in flight. */
  readonly time: VirtualTime;
}

/** A datagram between its sender and its receiver; an injected one is on no link. */
interface Carried {
  readonly from: NetworkAddress;
  readonly to: NetworkAddress;
  readonly data: Uint8Array;
  readonly link: Link | undefined;
}

interface NamedLink {
  readonly from: string;
  readonly to: string;
  readonly link: Link;
}

/**
 * A network of any number of addresses, each direction of each pair with its own
 * {@link LinkConditions}. Everything it does follows from the seed, the calls and the virtual time.
 * It never calls a receiver from within `send`: a datagram arrives when virtual time moves on.
 */
export class SimulatedNetwork {
  /** The address translation: rebinds attached addresses. */
  readonly nat: AddressTranslator;
  readonly #random: SeededRandom;
  readonly #time: VirtualTime;
  readonly #receivers: Map<string, DatagramReceiver> = new Map();
  readonly #addresses: Map<string, NetworkAddress> = new Map();
  readonly #links: Map<string, NamedLink> = new Map();
  readonly #rules: ConditionRules = new ConditionRules();
  #tap: NetworkTap | undefined;

  constructor({ random, time }: NetworkOptions) {
    this.#random = random.fork('network');
    this.#time = time;
    this.nat = new AddressTranslator((key) => this.#receivers.has(key));
  }

  /** @throws RangeError when the address is in use, also as an outside address of a rebinding */
  attach(address: NetworkAddress, receiver: DatagramReceiver): void {
    const key = addressKey(address);
    if (this.#receivers.has(key) || (this.nat.route(key) ?? key) !== key) {
      throw new RangeError(`${key} is in use: attach to another address`);
    }
    this.nat.release(key);
    this.#receivers.set(key, receiver);
  }

  /** What is on its way to the address finds nobody from now on. */
  detach(address: NetworkAddress): void {
    this.#receivers.delete(addressKey(address));
  }

  /**
   * Sends a datagram from an attached address.
   *
   * @param to an attached address or the outside address of one
   * @param data borrowed: copied before the call returns
   * @param now virtual time in milliseconds
   * @throws RangeError when nobody is attached at `from`
   */
  send(from: NetworkAddress, to: NetworkAddress, data: Uint8Array, now: number): void {
    const fromKey = addressKey(from);
    if (!this.#receivers.has(fromKey)) {
      throw new RangeError(`${fromKey} is not attached: attach before sending, or use inject()`);
    }
    const source = this.#intern(this.nat.outsideOf(from));
    const destination = this.#intern(to);
    const link = this.#link(fromKey, this.nat.ownerOf(addressKey(to)));
    const verdict = this.#ask(source, destination, data, now);
    for (const datagram of afterVerdict(verdict, data)) {
      for (const { atMs, data: arriving } of link.carry(new Uint8Array(datagram), now)) {
        const carried: Carried = { from: source, to: destination, data: arriving, link };
        this.#time.schedule(atMs, new Flight(this.#deliver, carried));
      }
    }
  }

  /**
   * Puts a datagram right before its destination, past the tap and all conditions: a forged or
   * replayed one. It arrives at the present virtual time, after what is already due.
   *
   * @param from any address, attached or not
   * @param data borrowed: copied before the call returns
   */
  inject(from: NetworkAddress, to: NetworkAddress, data: Uint8Array): void {
    const carried: Carried = {
      from: this.#intern(from),
      to: this.#intern(to),
      data: new Uint8Array(data),
      link: undefined,
    };
    this.#time.schedule(this.#time.now, new Flight(this.#deliver, carried));
  }

  /** Sets who sees every datagram first; undefined for nobody. */
  setTap(tap: NetworkTap | undefined): void {
    this.#tap = tap;
  }

  /**
   * Changes the named conditions from now on. What is on its way stays as it is.
   *
   * @param from an attached address; undefined for every source
   * @param to an attached address; undefined for every destination
   * @throws RangeError when a condition is out of its range
   */
  setConditions(
    from: NetworkAddress | undefined,
    to: NetworkAddress | undefined,
    conditions: Partial<LinkConditions>,
  ): void {
    checkConditions(conditions);
    const fromKey = this.#ownerKey(from);
    const toKey = this.#ownerKey(to);
    this.#rules.add(fromKey, toKey, conditions);
    for (const named of this.#linksBetween(fromKey, toKey)) {
      named.link.setConditions(this.#rules.effective(named.from, named.to), this.#time.now);
    }
  }

  /** The conditions that datagrams from one attached address to another meet at present. */
  conditions(from: NetworkAddress, to: NetworkAddress): LinkConditions {
    return this.#rules.effective(
      this.nat.ownerOf(addressKey(from)),
      this.nat.ownerOf(addressKey(to)),
    );
  }

  /** A copy of the counters, summed over all links that match; an absent end matches every one. */
  counters(from?: NetworkAddress, to?: NetworkAddress): LinkCounters {
    const sum = createLinkCounters();
    for (const { link } of this.#linksBetween(this.#ownerKey(from), this.#ownerKey(to))) {
      addLinkCounters(sum, link.counters);
    }
    return sum;
  }

  readonly #deliver = ({ from, to, data, link }: Carried, now: number): void => {
    const key = this.nat.route(addressKey(to));
    const receiver = key === undefined ? undefined : this.#receivers.get(key);
    const counters = link?.counters;
    if (receiver === undefined) {
      if (counters !== undefined) counters.unroutable++;
      return;
    }
    if (counters !== undefined) {
      counters.delivered++;
      counters.deliveredBytes += data.length;
    }
    receiver.handleDatagram(data, from, now);
  };

  #ask(from: NetworkAddress, to: NetworkAddress, data: Uint8Array, now: number): TapVerdict {
    return this.#tap?.onDatagram({ from, to, data: new Uint8Array(data), now }) ?? 'pass';
  }

  #link(from: string, to: string): Link {
    const key = `${from} ${to}`;
    const known = this.#links.get(key);
    if (known !== undefined) return known.link;
    const link = new Link(this.#random.fork(key), this.#rules.effective(from, to));
    this.#links.set(key, { from, to, link });
    return link;
  }

  *#linksBetween(from: string | undefined, to: string | undefined): Generator<NamedLink> {
    for (const named of this.#links.values()) {
      if (matches(from, named.from) && matches(to, named.to)) yield named;
    }
  }

  #ownerKey(address: NetworkAddress | undefined): string | undefined {
    return address === undefined ? undefined : this.nat.ownerOf(addressKey(address));
  }

  /** Callers may reuse their address objects, so what is handed on is one frozen copy of each. */
  #intern(address: NetworkAddress): NetworkAddress {
    const key = addressKey(address);
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const kept = Object.freeze({ address: address.address, port: address.port });
    this.#addresses.set(key, kept);
    return kept;
  }
}

/** Ends the way of a datagram. */
class Flight implements TimedAction {
  readonly #deliver: (carried: Carried, now: number) => void;
  readonly #carried: Carried;

  constructor(deliver: (carried: Carried, now: number) => void, carried: Carried) {
    this.#deliver = deliver;
    this.#carried = carried;
  }

  run(now: number): void {
    this.#deliver(this.#carried, now);
  }
}

function afterVerdict(verdict: TapVerdict, data: Uint8Array): readonly Uint8Array[] {
  if (verdict === 'pass') return [data];
  if (verdict === 'drop') return [];
  return verdict instanceof Uint8Array ? [verdict] : verdict;
}
