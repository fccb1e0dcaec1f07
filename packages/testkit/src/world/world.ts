import type { LinkConditions } from '../network/conditions.js';

/** Who of the two does something. */
export type WorldSide = 'client' | 'server';

/** Which of the two directions something concerns. */
export type WorldDirection = 'toServer' | 'toClient';

/** A change of the network at a point of virtual time. */
export type WorldNetworkEvent =
  | {
      readonly kind: 'rebind';
      readonly atMs: number;
      /** Whether the client gets another IP address too, not only another port. */
      readonly newAddress: boolean;
    }
  | {
      readonly kind: 'conditions';
      readonly atMs: number;
      readonly direction: WorldDirection;
      readonly conditions: Partial<LinkConditions>;
    };

/** How much effort a message is worth. */
export type WorldReliability = 'reliable' | 'partial' | 'unreliable';

/** One message of the workload. */
export interface WorldMessage {
  readonly atMs: number;
  readonly side: WorldSide;
  /** 1..300,000. */
  readonly bytes: number;
  readonly reliability: WorldReliability;
  /** With `partial` only: how long it is of use, in milliseconds from `atMs`. */
  readonly deadlineMs?: number;
}

/** Something one side does at a point of virtual time. */
export interface WorldMoment {
  readonly atMs: number;
  readonly side: WorldSide;
}

/** How both ends are configured, in the names of `VCLConfig`; what is absent is at its default. */
export interface WorldSettings {
  /** Bytes, 400..1,400; the path carries at least 100 bytes more. */
  readonly fragmentSize: number;
  /** Initial window in fragments. */
  readonly flowWindowSize?: number;
  readonly delivery: 'signed' | 'authenticated';
  readonly signing: 'group' | 'message';
  readonly evidence: 'identity' | 'session';
}

/**
 * One random scenario between a client and a server. Plain data without Infinity or undefined:
 * `JSON.stringify` shows a failing world and `JSON.parse` brings it back.
 */
export interface World {
  readonly seed: number;
  readonly links: { readonly toServer: LinkConditions; readonly toClient: LinkConditions };
  /** In the order of time. */
  readonly networkEvents: readonly WorldNetworkEvent[];
  /** In the order of time; together at most 1,000,000 bytes. */
  readonly messages: readonly WorldMessage[];
  /** Key rotations, in the order of time. */
  readonly rotations: readonly WorldMoment[];
  /** In the order of time. */
  readonly pings: readonly WorldMoment[];
  readonly settings: WorldSettings;
  /** Everything above begins before this time, in milliseconds. */
  readonly spanMs: number;
}
