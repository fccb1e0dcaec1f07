/**
 * What a user may set: the guide's six fields with its four presets, and the fields this version
 * adds. Checking and defaults are in `resolve-config.ts`.
 */

/** Which carrier a connection asks for. `Auto` takes UDP where it works and another where it does not. */
export const TransportMode = {
  Tcp: 'tcp',
  Udp: 'udp',
  Auto: 'auto',
  WebSocket: 'websocket',
  Quic: 'quic',
} as const;
/** One of the {@link TransportMode} values. */
export type TransportMode = (typeof TransportMode)[keyof typeof TransportMode];

/**
 * How hard a message is tried (SPEC 7): `Reliable` and `Adaptive` use the ordered lane unless a
 * message says otherwise, `Partial` the lossy lane with `maxRetries` repetitions, `Unreliable`
 * the lossy lane without any.
 */
export const ReliabilityMode = {
  Reliable: 'reliable',
  Partial: 'partial',
  Unreliable: 'unreliable',
  Adaptive: 'adaptive',
} as const;
/** One of the {@link ReliabilityMode} values. */
export type ReliabilityMode = (typeof ReliabilityMode)[keyof typeof ReliabilityMode];

/**
 * When a received message is handed over (SPEC 8.5): once a signature covers it, or once it is
 * authentic, with `verified` to follow.
 */
export type DeliveryMode = 'signed' | 'authenticated';
/** Whether one statement may cover several messages, or each is signed by itself (SPEC 8.4). */
export type SigningMode = 'group' | 'message';
/** Which key signs statements: the identity, or one that convinces the peer only (SPEC 8.6). */
export type EvidenceMode = 'identity' | 'session';
/** The congestion controller: RFC 9002 appendix B, or RFC 9438. */
export type CongestionMode = 'newreno' | 'cubic';

/** The settings of a connection. Whatever is absent takes the value of {@link VCLConfig.auto}. */
export interface VCLConfig {
  /** The carrier wanted. Default `auto`. */
  transport: TransportMode;
  /** How hard messages are tried. Default `adaptive`. */
  reliability: ReliabilityMode;
  /** How often a lossy message of `partial` reliability is sent again: 0 to 1,000. Default 5. */
  maxRetries: number;
  /**
   * The longest wait before a lossy message is tried again, in milliseconds: 0 to 60,000, where 0
   * sets no such limit (SPEC 10). Default 100.
   */
  retryIntervalMs: number;
  /** Application bytes in one datagram, at most: 64 to 65,000. Default 1,200. */
  fragmentSize: number;
  /** The first receive window, in fragments: 1 to 65,536. Default 64. */
  flowWindowSize: number;
  /**
   * Whether the receive window grows to twice the bandwidth-delay product, up to
   * `receiveWindowMaxBytes`. Default true, unless `flowWindowSize` was set by hand: then that
   * window is exact. The number of a preset does not count as set by hand.
   */
  flowWindowAutoTune?: boolean;
  /** Default `signed` for `reliable` and `adaptive`, else `authenticated`. */
  delivery?: DeliveryMode;
  /** Default `group`. */
  signing?: SigningMode;
  /** Default `identity`. Both sides must name the same. */
  evidence?: EvidenceMode;
  /** Default `cubic`. */
  congestion?: CongestionMode;
  /** The longest message sent or accepted: 1 byte to 24 MiB. Default 16 MiB. */
  maxMessageBytes?: number;
  /**
   * How long a lossy message may wait and be retried, in milliseconds: 0 (no limit) to 3,600,000.
   * Default 0.
   */
  messageDeadlineMs?: number;
  /**
   * Bytes held for sending before `send` pushes back, with 512 for each message beside its payload:
   * 1,024 to 16 MiB. Default 4 MiB.
   */
  sendBufferBytes?: number;
  /** The most that an auto-tuned receive window may reach: 1,024 to 16 MiB. Default 16 MiB. */
  receiveWindowMaxBytes?: number;
  /** Age at which keys rotate (SPEC 5.3), in milliseconds: 1,000 to 600,000, the default. */
  rekeyIntervalMs?: number;
  /**
   * Packets after which keys rotate (SPEC 5.3): 16 to 2^28, the default. After the first 32 times keys
   * rotate at most once a second, so epochs shorter than that slow sending down.
   */
  rekeyPackets?: number;
  /** Bytes after which keys rotate (SPEC 5.3): 1,024 to 64 GiB, the default. */
  rekeyBytes?: number;
}

/** A configuration with every field present and checked; frozen. */
export type ResolvedConfig = Readonly<Required<VCLConfig>>;

/** The guide's presets. Each call returns a new object that the caller may change. */
export interface VCLConfigPresets {
  /** TCP, reliable, 10 retries at 100 ms, fragments of 1,200 bytes, window 64. */
  vpn(): VCLConfig;
  /** UDP, partial, 2 retries at 16 ms, fragments of 1,400 bytes, window 128. */
  gaming(): VCLConfig;
  /** UDP, unreliable, no retries, fragments of 1,400 bytes, window 256. */
  streaming(): VCLConfig;
  /** The default: auto, adaptive, 5 retries at 100 ms, fragments of 1,200 bytes, window 64. */
  auto(): VCLConfig;
}

/** The presets by name: `VCLConfig.vpn()` and so on. */
export const VCLConfig: VCLConfigPresets = {
  vpn: () => preset(TransportMode.Tcp, ReliabilityMode.Reliable, [10, 100, 1200, 64]),
  gaming: () => preset(TransportMode.Udp, ReliabilityMode.Partial, [2, 16, 1400, 128]),
  streaming: () => preset(TransportMode.Udp, ReliabilityMode.Unreliable, [0, 0, 1400, 256]),
  auto: () => preset(TransportMode.Auto, ReliabilityMode.Adaptive, [5, 100, 1200, 64]),
};

/** Whether the configuration stands for TCP: `tcp`, or `auto` with `reliable` (guide 1.5.0). */
export function isTcp(config: Pick<VCLConfig, 'transport' | 'reliability'>): boolean {
  if (config.transport === TransportMode.Tcp) return true;
  return config.transport === TransportMode.Auto && config.reliability === ReliabilityMode.Reliable;
}

/** Whether lost messages are sent again: all modes but `unreliable`. */
export function hasRetransmission(config: Pick<VCLConfig, 'reliability'>): boolean {
  return config.reliability !== ReliabilityMode.Unreliable;
}

/** Whether a message of `bytes` bytes travels in more than one piece. */
export function needsFragmentation(
  config: Pick<VCLConfig, 'fragmentSize'>,
  bytes: number,
): boolean {
  return bytes > config.fragmentSize;
}

/**
 * The flow window a preset put into `config`, or undefined. It survives `{ ...preset }`, so that a
 * window that came along with a preset can be told from one the caller chose.
 */
export function presetWindowOf(config: object): number | undefined {
  const value = (config as PresetMark)[presetWindow];
  return typeof value === 'number' ? value : undefined;
}

const presetWindow: unique symbol = Symbol('window of the preset');

interface PresetMark {
  [presetWindow]?: number;
}

/** @param numbers maxRetries, retryIntervalMs, fragmentSize, flowWindowSize */
function preset(
  transport: TransportMode,
  reliability: ReliabilityMode,
  numbers: readonly [number, number, number, number],
): VCLConfig {
  const [maxRetries, retryIntervalMs, fragmentSize, flowWindowSize] = numbers;
  const config: VCLConfig & PresetMark = {
    transport,
    reliability,
    maxRetries,
    retryIntervalMs,
    fragmentSize,
    flowWindowSize,
    [presetWindow]: flowWindowSize,
  };
  return config;
}
