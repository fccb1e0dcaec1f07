import { hex } from '../crypto/bytes.js';
import type { EpochSecrets } from './epoch-secrets.js';
import type { HandshakeSecrets } from './key-schedule.js';
import type { OuterKeys } from './outer-keys.js';

/** The labels of key log lines (SPEC 5.4). */
export const KeyLogLabel = {
  Early: 'VCL1_EARLY',
  HandshakeClient: 'VCL1_HS_C',
  HandshakeServer: 'VCL1_HS_S',
  DataClient: 'VCL1_DATA_C',
  DataServer: 'VCL1_DATA_S',
  HeaderClient: 'VCL1_HP_C',
  HeaderServer: 'VCL1_HP_S',
  Outer: 'VCL1_OUTER',
} as const;
/** One of the {@link KeyLogLabel} values. */
export type KeyLogLabel = (typeof KeyLogLabel)[keyof typeof KeyLogLabel];

/** One line of a key log, without its end. Whoever reads it can read the session. */
export interface KeyLogEntry {
  readonly label: KeyLogLabel;
  /** The client's random, or the sid for data and header keys. */
  readonly id: Uint8Array;
  /** 0 but for the data keys of later epochs. */
  readonly epoch: number;
  readonly secret: Uint8Array;
}

/** @returns `LABEL id epoch hex` (SPEC 5.4) */
export function keyLogLine({ label, id, epoch, secret }: KeyLogEntry): string {
  return `${label} ${hex(id)} ${epoch} ${hex(secret)}`;
}

/** The lines that open the handshake of the client with that random. */
export function handshakeKeyLog(
  clientRandom: Uint8Array,
  outer: OuterKeys,
  early: Uint8Array,
  secrets: HandshakeSecrets,
): readonly string[] {
  const line = (label: KeyLogLabel, secret: Uint8Array): string =>
    keyLogLine({ label, id: clientRandom, epoch: 0, secret });
  return [
    line(KeyLogLabel.Outer, outer.secret),
    line(KeyLogLabel.Early, early),
    line(KeyLogLabel.HandshakeClient, secrets.client),
    line(KeyLogLabel.HandshakeServer, secrets.server),
  ];
}

/** The lines that undo the header masks of a session. @param hpKeys `hp[0]` and `hp[1]` */
export function headerKeyLog(
  sid: Uint8Array,
  hpKeys: readonly [Uint8Array, Uint8Array],
): readonly string[] {
  const [client, server] = hpKeys;
  return [
    keyLogLine({ label: KeyLogLabel.HeaderClient, id: sid, epoch: 0, secret: client }),
    keyLogLine({ label: KeyLogLabel.HeaderServer, id: sid, epoch: 0, secret: server }),
  ];
}

/** The lines that open the records of one epoch. */
export function epochKeyLog(sid: Uint8Array, secrets: EpochSecrets): readonly string[] {
  const { epoch } = secrets;
  const [client, server] = [secrets.directionSecret(0), secrets.directionSecret(1)];
  return [
    keyLogLine({ label: KeyLogLabel.DataClient, id: sid, epoch, secret: client }),
    keyLogLine({ label: KeyLogLabel.DataServer, id: sid, epoch, secret: server }),
  ];
}
