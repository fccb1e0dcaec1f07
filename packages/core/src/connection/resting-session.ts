import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import type { Signer } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { type StateCarrier, StateReader, type StateRecord, StateWriter } from '../state-carrier.js';
import type { ConnectionCounters, ConnectionOptions } from './connection-options.js';
import { ConnectionParts } from './connection-parts.js';
import type { DropCounters } from './drop-reason.js';
import type { PacketOutlet } from './packet-outlet.js';

/** What of a session stays the same object whether it rests or not. */
export interface KeptParts {
  readonly options: ConnectionOptions;
  readonly signer: Signer;
  readonly drops: DropCounters;
  readonly counters: ConnectionCounters;
  readonly keyLogLines: string[];
  readonly log: SessionLogWriter | undefined;
  readonly packets?: PacketOutlet | undefined;
}

/**
 * A session of which nothing is under way: a record of its state in place of its machines, which
 * take many times as much memory. {@link wake} makes them again, as they were. Secrets are not
 * copied into the record: they stay where they are wiped at the end.
 */
export class RestingSession implements KeptParts {
  readonly options: ConnectionOptions;
  readonly signer: Signer;
  readonly drops: DropCounters;
  readonly counters: ConnectionCounters;
  readonly keyLogLines: string[];
  readonly log: SessionLogWriter | undefined;
  readonly packets?: PacketOutlet | undefined;
  /** The address that data goes to. */
  readonly remote: RemoteAddress;
  /** When the session has to be woken by time alone, or Infinity. */
  readonly deadline: number;
  /** When anything was last sent or received. */
  readonly lastActivity: number;
  readonly #record: StateRecord;

  private constructor(parts: ConnectionParts) {
    this.options = parts.options;
    this.signer = parts.signer;
    this.drops = parts.drops;
    this.counters = parts.counters;
    this.keyLogLines = parts.keyLogLines;
    this.log = parts.log;
    this.packets = parts.packets;
    this.remote = parts.paths.active.remote;
    this.deadline = parts.timers.next();
    this.lastActivity = parts.liveness.lastActivity;
    const writer = new StateWriter();
    carryParts(parts, writer);
    this.#record = writer.record;
  }

  /**
   * Puts a session to rest that has given back what it can derive again.
   *
   * @returns undefined when it holds what only its machines can hold
   */
  static of(parts: ConnectionParts): RestingSession | undefined {
    return isBare(parts) ? new RestingSession(parts) : undefined;
  }

  /**
   * The machines as they were. The object must not be used afterwards.
   *
   * @throws VCLError `ConnectionClosed` when a machine reads what it did not write, which is a fault
   * of this code: going on could use a nonce twice
   */
  wake(): ConnectionParts {
    const parts = new ConnectionParts(this.options, this);
    const reader = new StateReader(this.#record);
    carryParts(parts, reader);
    if (reader.isDone) return parts;
    throw new VCLError('ConnectionClosed', 'a session woke with a state that is not its own');
  }
}

/** Whether the state is such that numbers and hashes say all of it. */
function isBare(parts: ConnectionParts): boolean {
  const { events, paths, chains, checkpoints, incoming, controlIn } = parts;
  if (!parts.isQuiet || !events.isEmpty || paths.size > 1 || !paths.active.isSettled) return false;
  return chains.isLinked && checkpoints.isIdle && incoming.isIdle && controlIn.isIdle;
}

function carryParts(parts: ConnectionParts, state: StateCarrier): void {
  parts.now = state.number(parts.now);
  parts.established = state.flag(parts.established);
  parts.keys.carry(state);
  parts.moves.carry(state);
  parts.control.carry(state);
  parts.controlIn.carry(state);
  parts.chains.carry(state);
  parts.checkpoints.carry(state);
  parts.rekey.carry(state);
  parts.liveness.carry(state);
  parts.recording.carry(state);
  parts.signals.carry(state);
  parts.outgoing.carry(state);
  parts.incoming.carry(state);
  parts.adaptive.carry(state);
  parts.timers.carry(state);
}
