import type { CloseOptions, RemoteAddress } from '@vcl-protocol/core';
import type { ConnectOptions, WaitOptions } from './connection-options.js';
import type { EventHub } from './events.js';
import type { MetricsFeed } from './metrics-feed.js';
import type { Session } from './session.js';
import type { Settings } from './settings.js';

/** Where a connection has its session from: a socket of its own, or a listener. */
export interface SessionKeeper {
  readonly settings: Settings;
  /** Events of the present session, or of the one to come. */
  readonly hub: EventHub;
  readonly metrics: MetricsFeed;
  /** The present session, or the last one until another is begun. */
  readonly session: Session | undefined;
  /** Whether a session is being set up. */
  readonly isPending: boolean;
  /** Whether the user has closed it: nothing more will come. */
  readonly isClosed: boolean;
  readonly local: RemoteAddress;
  idleTimeoutMs: number;
  connect(address: string, options: ConnectOptions): Promise<void>;
  accept(options: WaitOptions): Promise<void>;
  /** @throws VCLError `InvalidConfig` once there was an attempt at a session */
  setPsk(key: Uint8Array): void;
  rebind(): Promise<void>;
  close(options: CloseOptions): Promise<void>;
  abort(): void;
}
