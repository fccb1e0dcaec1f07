import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatRate,
  formatShare,
  formatTable,
} from '../format.js';
import type { Paint } from '../output.js';
import { alterationText } from '../verify/format-findings.js';
import type { DirectionStats } from './relay-direction.js';
import type { DemoReport } from './report.js';

type Row = readonly [name: string, text: string];

/** What people see of `vcl demo`. */
export function formatDemo(report: DemoReport, paint: Paint): string[] {
  const { checks, held, elapsedMs } = report;
  const mark = (ok: boolean): string => (ok ? paint.green('ok') : paint.red('FAILED'));
  const outcome = held ? paint.green('everything held') : paint.red('NOT everything held');
  return formatTable(
    [
      ...linkRows(report),
      ...networkRows(report),
      ['file', `${mark(checks.fileArrived)}, ${fileText(report)}`],
      ['log', `${mark(checks.logWhole)}, ${logText(report)}`],
      ...alterationRows(report, mark(checks.alterationFound && checks.alterationLocated)),
      ...keptRows(report),
      ['result', `${outcome}, in ${formatDuration(elapsedMs)}`],
    ],
    '',
  );
}

function linkRows({ file, transfer }: DemoReport): Row[] {
  const { handshakeMs, transferMs, messages, packetsSent, packetsRetransmitted, rttMs } = transfer;
  const rtt = rttMs === null ? '' : `, round trip ${formatDuration(rttMs)}`;
  return [
    ['handshake', formatDuration(handshakeMs)],
    [
      'transfer',
      `${formatBytes(file.bytes)} in ${formatNumberOf(messages, 'message')}, ` +
        `${formatDuration(transferMs)}, ${formatRate(file.bytes, transferMs)}`,
    ],
    [
      '',
      `${formatNumberOf(packetsSent, 'packet')}, ${formatCount(packetsRetransmitted)} retransmitted${rtt}`,
    ],
  ];
}

function networkRows({ network }: DemoReport): Row[] {
  const { lossPercent, heldPercent, heldMs, seed, toServer, toClient } = network;
  const asked = `loses ${lossPercent} %, holds ${heldPercent} % back for up to ${heldMs} ms`;
  return [
    ['network', `${asked} (seed ${seed}); what became of the datagrams:`],
    ['', `to receiver: ${directionText(toServer)}`],
    ['', `to sender: ${directionText(toClient)}`],
  ];
}

function directionText({ received, dropped, reordered, longestDelayMs }: DirectionStats): string {
  const share = received === 0 ? 0 : dropped / received;
  return (
    `${formatCount(received)}, ${formatCount(dropped)} lost (${formatShare(share)}), ` +
    `${formatCount(reordered)} overtaken, ${formatDuration(longestDelayMs)} late at most`
  );
}

function fileText({ checks, transfer, receiver }: DemoReport): string {
  if (checks.fileArrived) return `SHA-256 the same on both sides: ${transfer.sha256}`;
  return `SHA-256 sent ${transfer.sha256}, received ${receiver.sha256}`;
}

function logText({ log }: DemoReport): string {
  return (
    `receiver's session log is ${log.status}: ${formatBytes(log.bytes)}, ` +
    `${formatNumberOf(log.messages, 'message')} under ${formatNumberOf(log.statements, 'signature')}, ` +
    `verified in ${formatDuration(log.verifyMs)}`
  );
}

function alterationRows({ alteration }: DemoReport, mark: string): Row[] {
  const { changed, status, found, verifyMs } = alteration;
  const place = `byte ${formatCount(changed.byteOffset)}, in message ${formatCount(changed.message)}`;
  const [first] = found;
  return [
    ['alteration', `${mark}, one bit changed in a copy of the log: ${place}`],
    ['', `the copy is ${status}, verified in ${formatDuration(verifyMs)}`],
    ['', first === undefined ? 'nothing was found' : `found: ${alterationText(first)}`],
  ];
}

function keptRows({ log, alteration }: DemoReport): Row[] {
  if (log.file === null || alteration.file === null) return [];
  return [
    ['kept', `${log.file}: see vcl verify`],
    ['', alteration.file],
  ];
}
