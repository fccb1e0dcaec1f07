import { closestName } from './closest-name.js';
import {
  presetWindowOf,
  ReliabilityMode,
  type ResolvedConfig,
  TransportMode,
  VCLConfig,
} from './config.js';
import { VCLError } from './errors.js';

/**
 * Checks a configuration and fills in what is absent; a field that is `undefined` counts as absent.
 * Resolving a resolved configuration changes nothing.
 *
 * @throws VCLError `InvalidConfig` that names the field, what it may be and what it was; also for a
 * field that does not exist, and for an exact window above `receiveWindowMaxBytes`
 */
export function resolveConfig(config: Partial<VCLConfig> = {}): ResolvedConfig {
  requireObject(config);
  const given = new Map<string, unknown>();
  for (const [name, value] of Object.entries(config)) {
    requireKnown(name);
    if (value === undefined) continue;
    requireValid(name, value);
    given.set(name, value);
  }
  const resolved: ResolvedConfig = Object.freeze({
    ...defaultsFor(config),
    ...Object.fromEntries(given),
  });
  requireWindowInBounds(resolved);
  return resolved;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What each number may be, and its default where the presets have none. All are whole numbers. */
const NUMBERS = {
  maxRetries: { min: 0, max: 1_000 },
  retryIntervalMs: { min: 0, max: 60_000 },
  fragmentSize: { min: 64, max: 65_000 },
  flowWindowSize: { min: 1, max: 65_536 },
  maxMessageBytes: { min: 1, max: 24 * MIB, initial: 16 * MIB },
  messageDeadlineMs: { min: 0, max: 3_600_000, initial: 0 },
  sendBufferBytes: { min: 1_024, max: 16 * MIB, initial: 4 * MIB },
  receiveWindowMaxBytes: { min: 1_024, max: 16 * MIB, initial: 16 * MIB },
  rekeyIntervalMs: { min: 1_000, max: 600_000, initial: 600_000 },
  rekeyPackets: { min: 16, max: 2 ** 28, initial: 2 ** 28 },
  rekeyBytes: { min: 1_024, max: 64 * GIB, initial: 64 * GIB },
} as const;

const CHOICES = {
  transport: Object.values(TransportMode),
  reliability: Object.values(ReliabilityMode),
  delivery: ['signed', 'authenticated'],
  signing: ['group', 'message'],
  evidence: ['identity', 'session'],
  congestion: ['cubic', 'newreno'],
  flowWindowAutoTune: [true, false],
} as const;

const NAMES: readonly string[] = [...Object.keys(CHOICES), ...Object.keys(NUMBERS)];

function defaultsFor(config: Partial<VCLConfig>): ResolvedConfig {
  const auto = VCLConfig.auto();
  const reliability = config.reliability ?? auto.reliability;
  return {
    transport: auto.transport,
    reliability,
    maxRetries: auto.maxRetries,
    retryIntervalMs: auto.retryIntervalMs,
    fragmentSize: auto.fragmentSize,
    flowWindowSize: auto.flowWindowSize,
    flowWindowAutoTune: !isWindowSetByHand(config),
    delivery: isOrdered(reliability) ? 'signed' : 'authenticated',
    signing: 'group',
    evidence: 'identity',
    congestion: 'cubic',
    maxMessageBytes: NUMBERS.maxMessageBytes.initial,
    messageDeadlineMs: NUMBERS.messageDeadlineMs.initial,
    sendBufferBytes: NUMBERS.sendBufferBytes.initial,
    receiveWindowMaxBytes: NUMBERS.receiveWindowMaxBytes.initial,
    rekeyIntervalMs: NUMBERS.rekeyIntervalMs.initial,
    rekeyPackets: NUMBERS.rekeyPackets.initial,
    rekeyBytes: NUMBERS.rekeyBytes.initial,
  };
}

function isWindowSetByHand(config: Partial<VCLConfig>): boolean {
  const { flowWindowSize } = config;
  return flowWindowSize !== undefined && flowWindowSize !== presetWindowOf(config);
}

function isOrdered(reliability: ReliabilityMode): boolean {
  return reliability === ReliabilityMode.Reliable || reliability === ReliabilityMode.Adaptive;
}

function requireObject(config: unknown): void {
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return;
  throw new VCLError(
    'InvalidConfig',
    `config must be an object such as VCLConfig.auto(): got ${show(config)}`,
  );
}

function requireKnown(name: string): void {
  if (NAMES.includes(name)) return;
  const meant = closestName(name, NAMES);
  const advice =
    meant === undefined ? `known fields: ${NAMES.join(', ')}` : `did you mean ${meant}?`;
  throw new VCLError('InvalidConfig', `config.${name} is not a field: ${advice}`);
}

function requireValid(name: string, value: unknown): void {
  if (name in NUMBERS) requireNumber(name as keyof typeof NUMBERS, value);
  else requireChoice(name as keyof typeof CHOICES, value);
}

function requireNumber(name: keyof typeof NUMBERS, value: unknown): void {
  const { min, max } = NUMBERS[name];
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
  throw new VCLError(
    'InvalidConfig',
    `config.${name} must be an integer from ${min} to ${max}: got ${show(value)}`,
  );
}

function requireChoice(name: keyof typeof CHOICES, value: unknown): void {
  const choices: readonly unknown[] = CHOICES[name];
  if (choices.includes(value)) return;
  const allowed = choices.map(show).join(', ');
  throw new VCLError(
    'InvalidConfig',
    `config.${name} must be one of ${allowed}: got ${show(value)}`,
  );
}

/** An exact window is a promise to the caller, so it is refused instead of being cut. */
function requireWindowInBounds(config: ResolvedConfig): void {
  if (config.flowWindowAutoTune) return;
  const windowBytes = config.flowWindowSize * config.fragmentSize;
  if (windowBytes <= config.receiveWindowMaxBytes) return;
  throw new VCLError(
    'InvalidConfig',
    `config.flowWindowSize ${config.flowWindowSize} times fragmentSize ${config.fragmentSize} is ` +
      `${windowBytes} bytes, more than receiveWindowMaxBytes ${config.receiveWindowMaxBytes}: ` +
      'lower flowWindowSize, or leave it out so that the window tunes itself',
  );
}

/** A value as an error message shows it: short, and with quotes around text. */
function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 64)}'`;
  if (typeof value === 'bigint') return `${value}n (a bigint)`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}
