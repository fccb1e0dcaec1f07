import type { CarrierName } from 'vcl-protocol';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatRate,
  printable,
} from '../../format.js';
import type { Paint } from '../../output.js';
import type { TransferTotals } from '../roles/tally.js';

/** What `vcl send --json` and `vcl receive --json` print. */
export interface TransferDocument extends TransferTotals {
  /** The server, as it was named. */
  readonly address: string;
  /** What carried it in the end. */
  readonly carrier: CarrierName | undefined;
  /** Sessions that were lost and begun again. */
  readonly reconnects: number;
  readonly elapsedMs: number;
  /** Whether all that was asked for is there. */
  readonly complete: boolean;
}

/** The lines that people see of a transfer. */
export function formatTransfer(document: TransferDocument, paint: Paint): string[] {
  const { files, bytes, identical, elapsedMs, failed, bytesKept, reconnects, carrier } = document;
  const moved = document.bytesSent + document.bytesReceived;
  const rate = `${formatDuration(elapsedMs)}, ${formatRate(moved, elapsedMs)} over ${carrier}`;
  const parts = [`${formatNumberOf(files, 'file')}, ${formatBytes(bytes)} in ${rate}`];
  if (identical > 0) parts.push(`${formatCount(identical)} already there`);
  if (bytesKept > 0) parts.push(`${formatBytes(bytesKept)} need not be sent`);
  if (reconnects > 0) parts.push(formatNumberOf(reconnects, 'reconnect'));
  const lines = [parts.join('; ')];
  if (failed > 0)
    lines.push(
      paint.red(`${formatNumberOf(failed, 'entry').replace('entrys', 'entries')} not transferred`),
    );
  return lines;
}

/** The line about an entry that is not transferred, or left out. */
export function formatProblem(path: string, reason: string): string {
  return printable(`${path}: ${reason}`);
}
