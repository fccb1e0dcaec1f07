import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { KeyPair } from '../../src/crypto.js';
import type { ClientPolicy } from '../../src/identity/client-policy.js';
import { encodePublicKey, fingerprint } from '../../src/identity/public-key.js';
import { silentLogger } from '../../src/logger.js';
import { decideClient } from '../../src/node/identity/accept-policy.js';
import { recordingLogger } from './recording-logger.js';
import { useTemporaryDirectory } from './temporary-directory.js';

const [A, B, C] = [1, 2, 3].map(key) as [Uint8Array, Uint8Array, Uint8Array];
const INFO = { address: '192.0.2.7', port: 4000 };
const NOON = Date.UTC(2030, 0, 1, 12);
const onPosix = it.skipIf(process.platform === 'win32');
const inside = useTemporaryDirectory();

describe('no policy', () => {
  it.each([undefined, null, '', 'all', 5, {}, { file: '' }, { authorize: true }, () => true])(
    '%j is refused with all the alternatives',
    async (clients) => {
      const error = await decideClient(clients as never, { logger: silentLogger }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'InvalidConfig' });
      for (const form of ["['vcl-ed25519:...']", 'authorize(', 'file:', 'enroll:', "'any'"]) {
        expect(String(error)).toContain(form);
      }
    },
  );
});

describe("'any'", () => {
  it('accepts everybody and logs each identity once, by fingerprint and without address', async () => {
    const { decide, logger } = await policy('any');
    for (const client of [A, B, A, A]) expect(await decide(client, INFO)).toBe(true);
    expect(logger.lines).toEqual([
      { level: 'info', fields: { fingerprint: fingerprint(A) }, message: 'new client accepted' },
      { level: 'info', fields: { fingerprint: fingerprint(B) }, message: 'new client accepted' },
    ]);
  });

  it('does not let clients flood the log', async () => {
    const { decide, logger } = await policy('any');
    for (let i = 0; i < 300; i++) {
      const made = new Uint8Array(32);
      made[0] = i & 0xff;
      made[1] = i >> 8;
      await decide(made, INFO);
    }
    expect(logger.lines).toHaveLength(100);
  });
});

describe('a list', () => {
  it('accepts its keys in either form and refuses others', async () => {
    const { decide } = await policy([A, encodePublicKey(B)]);
    expect([await decide(A, INFO), await decide(B, INFO), await decide(C, INFO)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is copied', async () => {
    const list: Uint8Array[] = [Uint8Array.from(A)];
    const { decide } = await policy(list);
    list[0]?.set(B);
    list.push(C);
    expect([await decide(A, INFO), await decide(B, INFO), await decide(C, INFO)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('logs whom it refuses with the key to add', async () => {
    const { decide, logger } = await policy([A]);
    await decide(B, INFO);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        fields: { fingerprint: fingerprint(B), key: encodePublicKey(B) },
        message: 'client refused',
      },
    ]);
  });

  it('is checked at once', async () => {
    await expect(policy(['vcl-ed25519:oops'])).rejects.toMatchObject({ code: 'InvalidKey' });
    await expect(policy([new Uint8Array(32)])).rejects.toMatchObject({ code: 'InvalidKey' });
  });

  it('may be empty, with a warning', async () => {
    const { decide, logger } = await policy([]);
    expect(logger.lines[0]?.message).toContain('nobody can connect');
    expect(await decide(A, INFO)).toBe(false);
  });
});

describe('authorize', () => {
  it('is asked with key and address, now or later', async () => {
    const authorize = vi.fn((client: Uint8Array) => Promise.resolve(client[0] === A[0]));
    const { decide } = await policy({ authorize });
    expect([await decide(A, INFO), await decide(B, INFO)]).toEqual([true, false]);
    expect(authorize.mock.calls[0]).toEqual([Uint8Array.from(A), INFO]);
  });

  it.each([undefined, 1, 'yes', {}])('has not said yes with %j', async (answer) => {
    const { decide } = await policy({ authorize: () => answer as never });
    expect(await decide(A, INFO)).toBe(false);
  });

  it('refuses when it throws, and logs why', async () => {
    const error = new Error('database down');
    const { decide, logger } = await policy({ authorize: () => Promise.reject(error) });
    expect(await decide(A, INFO)).toBe(false);
    expect(logger.lines).toEqual([
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ error }) }),
    ]);
  });
});

describe('a file', () => {
  it('accepts the keys in it, as it is at the moment', async () => {
    await listed(`# friends\n\n${encodePublicKey(A)} alice's laptop\nvcl-mldsa65:AAAA later\n`);
    const { decide } = await policy({ file: inside('clients') });
    expect([await decide(A, INFO), await decide(B, INFO)]).toEqual([true, false]);
    await listed(`${encodePublicKey(B)}\n`);
    expect([await decide(A, INFO), await decide(B, INFO)]).toEqual([false, true]);
  });

  it('must exist, unless clients can enrol', async () => {
    await expect(policy({ file: inside('clients') })).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining(`${inside('clients')} does not exist`),
    });
    const { decide } = await policy({ file: inside('clients'), enroll: { count: 0 } });
    expect(await decide(A, INFO)).toBe(false);
  });

  it('with a malformed line is refused by name and line at once', async () => {
    await listed(`# one\nssh-ed25519 AAAA\n`);
    await expect(policy({ file: inside('clients') })).rejects.toMatchObject({
      code: 'InvalidKey',
      message: expect.stringContaining(`${inside('clients')}:2: not of the form`),
    });
  });

  it('that breaks later refuses everybody and says why', async () => {
    await listed(`${encodePublicKey(A)}\n`);
    const { decide, logger } = await policy({ file: inside('clients') });
    await listed(`${encodePublicKey(A)}\noops\n`);
    expect(await decide(A, INFO)).toBe(false);
    expect(String(logger.lines[0]?.fields.error)).toContain(`${inside('clients')}:2`);
  });

  onPosix.each([0o620, 0o602])('that others may write (mode %o) is refused', async (mode) => {
    await listed(`${encodePublicKey(A)}\n`);
    await chmod(inside('clients'), mode);
    await expect(policy({ file: inside('clients') })).rejects.toMatchObject({
      code: 'InvalidKey',
      message: expect.stringContaining(`chmod 600 ${inside('clients')}`),
    });
  });
});

describe('enrolment', () => {
  it('takes in as many clients as it may, and those stay', async () => {
    const { decide, logger } = await policy({ file: inside('clients'), enroll: { count: 2 } });
    const answers = [];
    for (const client of [A, A, B, C, A, B]) answers.push(await decide(client, INFO));
    expect(answers).toEqual([true, true, true, false, true, true]);
    expect(await readFile(inside('clients'), 'utf8')).toBe(
      [A, B].map((each) => `${encodePublicKey(each)} enrolled 2030-01-01T12:00:00.000Z\n`).join(''),
    );
    const enrolled = logger.lines.filter((line) => line.message === 'new client enrolled');
    expect(enrolled.map((line) => line.fields.fingerprint)).toEqual(
      [A, B].map((k) => fingerprint(k)),
    );
  });

  it('does not count the keys that were written by hand', async () => {
    await listed(`${encodePublicKey(C)} carol\n`);
    const { decide } = await policy({ file: inside('clients'), enroll: { count: 1 } });
    expect([await decide(A, INFO), await decide(B, INFO), await decide(C, INFO)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('does not begin anew after a restart', async () => {
    const clients = { file: inside('clients'), enroll: { count: 1 } };
    expect(await (await policy(clients)).decide(A, INFO)).toBe(true);
    expect(await (await policy(clients)).decide(B, INFO)).toBe(false);
  });

  it('admits no more than its count when clients come at once', async () => {
    const { decide } = await policy({ file: inside('clients'), enroll: { count: 1 } });
    const answers = await Promise.all([A, B, C, A].map((client) => decide(client, INFO)));
    // Which of them is first is up to the disk; that it is one of them is not.
    expect(answers.slice(0, 3).filter((isAdmitted) => isAdmitted)).toHaveLength(1);
    expect(answers[3]).toBe(answers[0]);
  });

  it('ends at its deadline', async () => {
    const clock = { now: NOON };
    const clients = { file: inside('clients'), enroll: { untilMs: NOON + 1 } };
    const { decide } = await policy(clients, clock);
    expect(await decide(A, INFO)).toBe(true);
    clock.now = NOON + 1;
    expect([await decide(A, INFO), await decide(B, INFO)]).toEqual([true, false]);
  });

  onPosix('makes the file with mode 0600', async () => {
    const clients = { file: inside('new', 'clients'), enroll: { count: 1 } };
    await (await policy(clients)).decide(A, INFO);
    expect((await stat(inside('new', 'clients'))).mode & 0o777).toBe(0o600);
  });

  it.each([1, {}, { count: -1 }, { count: 1.5 }, { untilMs: 'noon' }, { count: 1, untilMs: 2 }])(
    '%j is refused',
    async (enroll) => {
      const clients = { file: inside('clients'), enroll } as never;
      await expect(policy(clients)).rejects.toMatchObject({
        code: 'InvalidConfig',
        message: expect.stringContaining('clients.enroll must be { count'),
      });
    },
  );
});

function key(seed: number): Uint8Array {
  return KeyPair.fromSeed(new Uint8Array(32).fill(seed)).publicKey;
}

async function policy(clients: ClientPolicy, clock: { now: number } = { now: NOON }) {
  const logger = recordingLogger();
  return { logger, decide: await decideClient(clients, { logger, now: () => clock.now }) };
}

function listed(contents: string): Promise<void> {
  return writeFile(inside('clients'), contents, { mode: 0o600 });
}
