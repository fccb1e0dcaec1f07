import type { Socket } from 'node:net';

/**
 * Why whoever connected got no carrier: `garbage` is neither a record nor TLS nor HTTP, `not-accepted`
 * a kind that this port does not take, `tls` a handshake that failed, `path`, `origin` and
 * `sub-protocol` what an upgrade to WebSocket lacked. The others ended, said nothing in time, or were
 * too many.
 */
export type CarrierDropReason =
  | 'garbage'
  | 'not-accepted'
  | 'tls'
  | 'path'
  | 'origin'
  | 'sub-protocol'
  | 'first-record-timeout'
  | 'too-many-pending'
  | 'too-many-from-address'
  | 'lost'
  | 'closed';

/** What those who connected may cost until they have said something of use. */
export interface PendingLimits {
  /** How many there are at once; then the one that waits longest goes. Default 1,024. */
  readonly maxPending?: number;
  /**
   * How many from one address (of IPv6: from one /64) at once; then no more are accepted from there.
   * The own machine is exempt, where proxies stand. Default 256.
   */
  readonly maxPendingPerAddress?: number;
  /** Within which time the first record has to be there, ms. Default 10,000. */
  readonly firstRecordTimeoutMs?: number;
  /** Is told of every one that was dropped. */
  readonly onDrop?: (reason: CarrierDropReason) => void;
}

const MAX_PENDING = 1_024;
const MAX_PENDING_PER_ADDRESS = 256;
const FIRST_RECORD_TIMEOUT_MS = 10_000;

/** One that connected and has not handed over what makes it a carrier. */
export interface PendingCarrier {
  /** It is a carrier now, or somebody else's: it counts no more. */
  settle(): void;
  /**
   * Ends it and counts why. Without effect once settled or dropped.
   *
   * @param isAnswered its socket ends by itself, when the answer has left
   */
  drop(reason: CarrierDropReason, isAnswered?: boolean): void;
}

/** All that connected and are no carriers yet: how many there may be, and for how long. */
export class PendingCarriers {
  readonly #maxPending: number;
  readonly #maxPerAddress: number;
  readonly #timeoutMs: number;
  readonly #onDrop: (reason: CarrierDropReason) => void;
  /** By their connection, the oldest first. */
  readonly #pending = new Map<string, PendingCarrier>();
  readonly #perNetwork = new Map<string, number>();

  constructor(limits: PendingLimits) {
    this.#maxPending = limits.maxPending ?? MAX_PENDING;
    this.#maxPerAddress = limits.maxPendingPerAddress ?? MAX_PENDING_PER_ADDRESS;
    this.#timeoutMs = limits.firstRecordTimeoutMs ?? FIRST_RECORD_TIMEOUT_MS;
    this.#onDrop = limits.onDrop ?? (() => undefined);
  }

  /** How many there are. */
  get size(): number {
    return this.#pending.size;
  }

  /** Counts what was dropped elsewhere. */
  count(reason: CarrierDropReason): void {
    this.#onDrop(reason);
  }

  /** Takes in `socket`, from now until its time is over; undefined when it was ended instead. */
  admit(socket: Socket): PendingCarrier | undefined {
    const address = socket.remoteAddress;
    if (address === undefined) return this.#refuse(socket, 'lost');
    const network = networkOf(address);
    const fromThere = this.#perNetwork.get(network) ?? 0;
    if (fromThere >= this.#maxPerAddress && !isLoopback(address)) {
      return this.#refuse(socket, 'too-many-from-address');
    }
    if (this.#pending.size >= this.#maxPending) {
      const [oldest] = this.#pending.values();
      oldest?.drop('too-many-pending');
    }
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    return this.#keep(socket, network);
  }

  /** The one that `socket` belongs to, or runs over; undefined when there is none. */
  find(socket: Socket): PendingCarrier | undefined {
    return this.#pending.get(connectionOf(socket));
  }

  /** Ends them all. */
  dropAll(): void {
    for (const pending of [...this.#pending.values()]) pending.drop('closed');
  }

  #keep(socket: Socket, network: string): PendingCarrier {
    const key = connectionOf(socket);
    const settle = (): boolean => {
      if (this.#pending.get(key) !== pending) return false;
      clearTimeout(timer);
      socket.off('close', onClose);
      this.#pending.delete(key);
      const others = (this.#perNetwork.get(network) ?? 1) - 1;
      if (others === 0) this.#perNetwork.delete(network);
      else this.#perNetwork.set(network, others);
      return true;
    };
    const pending: PendingCarrier = {
      settle: () => void settle(),
      drop: (reason, isAnswered = false) => {
        if (!settle()) return;
        if (!isAnswered) socket.destroy();
        this.#onDrop(reason);
      },
    };
    const onClose = (): void => pending.drop('lost');
    const timer = setTimeout(() => pending.drop('first-record-timeout'), this.#timeoutMs);
    socket.once('close', onClose);
    this.#pending.set(key, pending);
    return pending;
  }

  #refuse(socket: Socket, reason: CarrierDropReason): undefined {
    socket.destroy();
    this.#onDrop(reason);
    return undefined;
  }
}

/** What tells a connection apart, on its socket and on the TLS over it. */
function connectionOf(socket: Socket): string {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** The address, or of IPv6 the /64, which one host has to itself. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const behind = tail?.split(':').filter((group) => group !== '').length ?? 0;
  while (groups.length < 8 - behind) groups.push('0');
  return groups.slice(0, 4).join(':');
}
