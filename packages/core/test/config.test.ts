import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasRetransmission,
  isTcp,
  needsFragmentation,
  ReliabilityMode,
  TransportMode,
  VCLConfig,
} from '../src/config.js';
import { VCLError } from '../src/errors.js';
import { resolveConfig } from '../src/resolve-config.js';

const PRESETS = ['vpn', 'gaming', 'streaming', 'auto'] as const;

describe('the presets', () => {
  it.each([
    ['vpn', 'tcp', 'reliable', 10, 100, 1200, 64],
    ['gaming', 'udp', 'partial', 2, 16, 1400, 128],
    ['streaming', 'udp', 'unreliable', 0, 0, 1400, 256],
    ['auto', 'auto', 'adaptive', 5, 100, 1200, 64],
  ] as const)('%s has the numbers of the guide', (name, ...numbers) => {
    expect(Object.values(VCLConfig[name]())).toEqual(numbers);
    expect(Object.keys(VCLConfig[name]())).toEqual([
      'transport',
      'reliability',
      'maxRetries',
      'retryIntervalMs',
      'fragmentSize',
      'flowWindowSize',
    ]);
  });

  it.each(PRESETS)('%s is a new object each time and passes its own check', (name) => {
    const first = VCLConfig[name]();
    first.fragmentSize = 500;
    expect(VCLConfig[name]().fragmentSize).not.toBe(500);
    expect(resolveConfig(VCLConfig[name]())).toMatchObject(VCLConfig[name]());
  });

  it('answer isTcp, hasRetransmission and needsFragmentation as the guide does', () => {
    expect(PRESETS.map((name) => isTcp(VCLConfig[name]()))).toEqual([true, false, false, false]);
    expect(isTcp({ transport: 'auto', reliability: 'reliable' })).toBe(true);
    expect(isTcp({ transport: 'udp', reliability: 'reliable' })).toBe(false);
    expect(PRESETS.map((name) => hasRetransmission(VCLConfig[name]()))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(needsFragmentation(VCLConfig.auto(), 1200)).toBe(false);
    expect(needsFragmentation(VCLConfig.auto(), 1201)).toBe(true);
  });
});

describe('resolveConfig', () => {
  it.each(['tcp', 'udp', 'auto', 'websocket', 'quic'] as const)(
    'takes the transport %s',
    (name) => {
      expect(resolveConfig({ transport: name }).transport).toBe(name);
    },
  );

  it('fills in the documented defaults', () => {
    expect(resolveConfig()).toEqual({
      transport: 'auto',
      reliability: 'adaptive',
      maxRetries: 5,
      retryIntervalMs: 100,
      fragmentSize: 1200,
      flowWindowSize: 64,
      flowWindowAutoTune: true,
      delivery: 'signed',
      signing: 'group',
      evidence: 'identity',
      congestion: 'cubic',
      maxMessageBytes: 16_777_216,
      messageDeadlineMs: 0,
      sendBufferBytes: 4_194_304,
      receiveWindowMaxBytes: 16_777_216,
      rekeyIntervalMs: 600_000,
      rekeyPackets: 268_435_456,
      rekeyBytes: 68_719_476_736,
    });
  });

  it('delivers signed in the reliable modes and authenticated in the lossy ones', () => {
    const modes = Object.values(ReliabilityMode);
    expect(modes.map((reliability) => resolveConfig({ reliability }).delivery)).toEqual([
      'signed',
      'authenticated',
      'authenticated',
      'signed',
    ]);
    expect(resolveConfig({ ...VCLConfig.gaming(), delivery: 'signed' }).delivery).toBe('signed');
  });

  it('takes an undefined field as absent', () => {
    const fromScript = JSON.parse('{}') as { fragmentSize?: number };
    const config = { ...fromScript, fragmentSize: fromScript.fragmentSize } as Partial<VCLConfig>;
    expect(resolveConfig(config).fragmentSize).toBe(1200);
  });

  it('returns a frozen object and leaves the given one alone', () => {
    const config = VCLConfig.gaming();
    const resolved = resolveConfig(config);
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(config).toEqual(VCLConfig.gaming());
  });

  it('changes nothing when it resolves what it has resolved', () => {
    for (const config of [...PRESETS.map((name) => VCLConfig[name]()), { flowWindowSize: 7 }]) {
      const once = resolveConfig(config);
      expect(resolveConfig(once)).toEqual(once);
    }
  });

  it.each([
    ['fragmentSize', 0, 64, 65_000],
    ['fragmentSize', 65_334, 64, 65_000],
    ['fragmentSize', 1200.5, 64, 65_000],
    ['maxRetries', -1, 0, 1_000],
    ['retryIntervalMs', Number.NaN, 0, 60_000],
    ['flowWindowSize', 0, 1, 65_536],
    ['maxMessageBytes', 25_165_825, 1, 25_165_824],
    ['messageDeadlineMs', Number.POSITIVE_INFINITY, 0, 3_600_000],
    ['sendBufferBytes', 16_777_217, 1_024, 16_777_216],
    ['receiveWindowMaxBytes', 1, 1_024, 16_777_216],
    ['rekeyIntervalMs', 600_001, 1_000, 600_000],
    ['rekeyPackets', 2 ** 28 + 1, 16, 2 ** 28],
    ['rekeyBytes', 0, 1_024, 2 ** 36],
  ])('refuses %s = %s and says what it may be', (field, value, min, max) => {
    expect(errorOf({ [field]: value }).message).toBe(
      `config.${field} must be an integer from ${min} to ${max}: got ${value}`,
    );
  });

  it.each([
    ['transport', 'sctp', "'tcp', 'udp', 'auto', 'websocket', 'quic'"],
    ['reliability', 'RELIABLE', "'reliable', 'partial', 'unreliable', 'adaptive'"],
    ['delivery', 'none', "'signed', 'authenticated'"],
    ['signing', '', "'group', 'message'"],
    ['evidence', 'both', "'identity', 'session'"],
    ['congestion', 'bbr', "'cubic', 'newreno'"],
  ])('refuses %s = %s and lists the choices', (field, value, choices) => {
    expect(errorOf({ [field]: value }).message).toBe(
      `config.${field} must be one of ${choices}: got '${value}'`,
    );
  });

  it('shows a value of the wrong kind without its contents', () => {
    expect(errorOf({ fragmentSize: '1200' }).message).toContain("got '1200'");
    expect(errorOf({ fragmentSize: 1200n }).message).toContain('got 1200n (a bigint)');
    expect(errorOf({ fragmentSize: null }).message).toContain('got null');
    expect(errorOf({ fragmentSize: [1, 2] }).message).toContain('got an array');
    expect(errorOf({ fragmentSize: { secret: 1 } }).message).toContain('got an object');
    expect(errorOf({ fragmentSize: () => 1 }).message).toContain('got a function');
    expect(errorOf({ delivery: 'x'.repeat(5_000) }).message.length).toBeLessThan(200);
  });

  it.each([
    ['fragment_size', 'fragmentSize'],
    ['fragmentsize', 'fragmentSize'],
    ['maxRetrys', 'maxRetries'],
    ['flowWindow', 'flowWindowSize'],
    ['congestoin', 'congestion'],
  ])('refuses the unknown field %s and suggests %s', (written, meant) => {
    const message = errorOf({ [written]: 1 }).message;
    expect(message).toBe(`config.${written} is not a field: did you mean ${meant}?`);
  });

  it('lists the fields when an unknown one is near none, undefined or not', () => {
    expect(errorOf({ colour: 'red' }).message).toContain('known fields: transport, reliability');
    expect(errorOf({ colour: undefined }).message).toContain('config.colour is not a field');
  });

  it.each([null, 'vpn', 7, [VCLConfig.auto()]])('refuses %s in place of an object', (value) => {
    expect(errorOf(value).message).toContain('config must be an object such as VCLConfig.auto()');
  });

  it('accepts any whole numbers within the ranges', () => {
    const numbers = fc.record(
      {
        maxRetries: fc.integer({ min: 0, max: 1000 }),
        retryIntervalMs: fc.integer({ min: 0, max: 60_000 }),
        fragmentSize: fc.integer({ min: 64, max: 65_000 }),
        maxMessageBytes: fc.integer({ min: 1, max: 25_165_824 }),
        rekeyBytes: fc.integer({ min: 1024, max: 2 ** 36 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(numbers, (config) => {
        expect(resolveConfig(config)).toMatchObject(config);
      }),
    );
  });
});

describe('the flow window', () => {
  it('tunes itself when it comes from a preset or from nowhere', () => {
    expect(resolveConfig().flowWindowAutoTune).toBe(true);
    for (const name of PRESETS) {
      expect(resolveConfig(VCLConfig[name]()).flowWindowAutoTune).toBe(true);
      const spread = { ...VCLConfig[name](), transport: TransportMode.Udp, fragmentSize: 900 };
      expect(resolveConfig(spread).flowWindowAutoTune).toBe(true);
    }
  });

  it('is exact when the caller set it', () => {
    expect(resolveConfig({ flowWindowSize: 32 }).flowWindowAutoTune).toBe(false);
    expect(resolveConfig({ flowWindowSize: 64 }).flowWindowAutoTune).toBe(false);
    expect(resolveConfig({ ...VCLConfig.vpn(), flowWindowSize: 32 })).toMatchObject({
      flowWindowSize: 32,
      flowWindowAutoTune: false,
    });
  });

  it('does as it is told when flowWindowAutoTune is given', () => {
    const tuned = resolveConfig({ flowWindowSize: 32, flowWindowAutoTune: true });
    expect(tuned.flowWindowAutoTune).toBe(true);
    const exact = resolveConfig({ ...VCLConfig.gaming(), flowWindowAutoTune: false });
    expect(exact.flowWindowAutoTune).toBe(false);
  });

  it('is refused when it is exact and above receiveWindowMaxBytes', () => {
    const message = errorOf({ flowWindowSize: 20_000, fragmentSize: 1_000 }).message;
    expect(message).toContain('20000000 bytes, more than receiveWindowMaxBytes 16777216');
    expect(resolveConfig({ flowWindowSize: 16_000, fragmentSize: 1_000 }).flowWindowSize).toBe(
      16_000,
    );
  });
});
function errorOf(config: unknown): VCLError {
  const error = caught(() => resolveConfig(config as Partial<VCLConfig>));
  expect(error.code).toBe('InvalidConfig');
  return error;
}

function caught(action: () => void): VCLError {
  try {
    action();
  } catch (error) {
    if (error instanceof VCLError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
