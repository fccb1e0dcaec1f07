import type { Logger } from 'vcl-protocol';
import { DemoFiles } from './demo-files.js';
import { examineLogs } from './examine-logs.js';
import { type FileSource, openFileSource } from './file-source.js';
import { Relay } from './relay.js';
import type { DemoReport, NetworkReport } from './report.js';
import { StallWatch } from './stall-watch.js';
import type { DemoReceiver, ReceivedFile, SendOptions, SentFile } from './transfer.js';

/** What `vcl demo` is asked for. */
export interface DemoOptions {
  /** The file to send. */
  readonly sourcePath: string;
  /** How much of it to send, over and over if need be; by default all of it. */
  readonly bytes?: number | undefined;
  readonly lossPercent: number;
  readonly seed: number;
  /** Where to leave the logs; by default they are removed. */
  readonly keepDirectory?: string | undefined;
  readonly logger: Logger;
  /** Ends the demo; rejects with its reason. */
  readonly signal: AbortSignal;
}

/** The two sides of the transfer. */
export interface DemoParts {
  startReceiver(options: {
    readonly logFile: string;
    readonly onProgress: (bytes: number) => void;
  }): Promise<DemoReceiver>;
  sendFile(options: SendOptions): Promise<SentFile>;
}

/** What happens meanwhile. */
export interface DemoProgress {
  /** What is being done, as a phrase. */
  onStep(text: string): void;
  /** Bytes that were received, of all. */
  onBytes(bytes: number, totalBytes: number): void;
}

/**
 * Sends a file through a bad network, verifies the receiver's log and finds a byte changed in it.
 *
 * @throws VCLError of the connection, `Timeout` when nothing arrives, `InvalidConfig` when the
 * directory has logs already
 */
export async function runDemo(
  options: DemoOptions,
  parts: DemoParts,
  progress: DemoProgress,
): Promise<DemoReport> {
  const startedMs = performance.now();
  const source = await openFileSource(options.sourcePath, options.bytes);
  const files = await DemoFiles.create(options.keepDirectory);
  try {
    progress.onStep(`sending ${source.path} through a network that loses ${options.lossPercent} %`);
    const outcome = await transfer({ ...options, source, logFile: files.log, parts, progress });
    progress.onStep("verifying the receiver's log, and a copy with one bit changed");
    const { sent, received, publicKey, network } = outcome;
    const examined = await examineLogs(files, sent);
    options.signal.throwIfAborted();
    const fileArrived = sent.sha256 === received.sha256 && sent.sha256 === sent.receipt;
    const checks = { fileArrived, ...examined.checks };
    return {
      held: Object.values(checks).every((ok) => ok),
      checks,
      file: { path: source.path, bytes: source.bytes },
      network,
      transfer: { ...sent, bytesPerSecond: (source.bytes * 1000) / sent.transferMs },
      receiver: { publicKey, ...received },
      log: examined.log,
      alteration: examined.alteration,
      elapsedMs: performance.now() - startedMs,
    };
  } finally {
    await files.cleanUp();
  }
}

/** Beyond the longest handshake, and many times the longest pause of a bad network. */
const STALL_LIMIT_MS = 20_000;
/** Datagrams that are held back so that others overtake them, and for how long at most. */
const HELD_PERCENT = 2;
const HELD_MS = 2;

interface TransferOptions extends DemoOptions {
  readonly source: FileSource;
  readonly logFile: string;
  readonly parts: DemoParts;
  readonly progress: DemoProgress;
}

interface TransferOutcome {
  readonly sent: SentFile;
  readonly received: ReceivedFile;
  readonly publicKey: string;
  readonly network: NetworkReport;
}

async function transfer(options: TransferOptions): Promise<TransferOutcome> {
  const { source, logFile, parts, progress, logger, lossPercent, seed } = options;
  const stall = new StallWatch(STALL_LIMIT_MS);
  const signal = AbortSignal.any([options.signal, stall.signal]);
  const onProgress = (bytes: number): void => {
    stall.progress();
    progress.onBytes(bytes, source.bytes);
  };
  let receiver: DemoReceiver | undefined;
  let relay: Relay | undefined;
  try {
    receiver = await parts.startReceiver({ logFile, onProgress });
    relay = await Relay.start({
      server: receiver.address,
      lossShare: lossPercent / 100,
      heldShare: HELD_PERCENT / 100,
      maxDelayMs: HELD_MS,
      seed,
    });
    progress.onBytes(0, source.bytes);
    const { publicKey } = receiver;
    const sending = parts.sendFile({
      source,
      to: relay.address,
      serverKey: publicKey,
      logger,
      signal,
    });
    const both = Promise.all([sending, receiver.received]);
    const [sent, received] = await Promise.race([both, rejectionOf(signal)]);
    const asked = { lossPercent, heldPercent: HELD_PERCENT, heldMs: HELD_MS, seed };
    return { sent, received, publicKey, network: { ...asked, ...relay.stats } };
  } finally {
    stall.stop();
    receiver?.stop();
    relay?.close();
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
