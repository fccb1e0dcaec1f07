import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, fingerprint } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import type { VerifyDocument } from '../src/verify/documents.js';
import { FakeIo, type Outcome, vcl } from './support/fake-io.js';
import { temporaryDirectory } from './support/temporary-directory.js';
import { logFile, TestSession, testPublicKey } from './support/test-session.js';

describe('vcl verify', () => {
  it('finds a log whole and shows who said how much', async () => {
    const file = written(conversation().file());
    const { exitCode, out, err } = await vcl(['verify', file]);
    expect(err).toBe('');
    expect(exitCode).toBe(0);
    for (const side of [0, 1] as const) {
      expect(out).toContain(encodePublicKey(testPublicKey(side)));
      expect(out).toContain(fingerprint(testPublicKey(side)));
    }
    expect(out).toContain('WHOLE');
    expect(out).toContain('recorded by       the server, evidence identity, payloads kept');
    expect(out).toContain('started           2026-01-02T03:04:05.000Z');
    expect(out).toContain('signed            2026-01-02T03:04:05.000Z to 2026-01-02T03:04:07.000Z');
    expect(out).toContain('NO_ERROR (0), closed by its peer');
    expect(out).toContain('client to server  3 statements with FINAL');
    expect(out).toContain('reliable lane: 2 messages, 16 B, 0 gaps, 2 signed');
    expect(out).toContain('lossy lane: 1 message, 5 B, 1 gap, 2 signed');
  });

  it('says in one line what a log proves and what not', async () => {
    const { out } = await vcl(['verify', written(conversation().file())]);
    const lines = out.split('\n').filter((line) => line.includes('SECURITY.md'));
    expect(lines).toEqual([
      expect.stringMatching(
        /^A log proves .*; not receipt .* not real time.*: see SECURITY\.md\.$/,
      ),
    ]);
  });

  it('says that session evidence convinces the peers only', async () => {
    const session = conversation({ evidence: 'session' });
    const { exitCode, out } = await vcl(['verify', written(session.file())]);
    expect(exitCode).toBe(0);
    expect(out).toContain('Session evidence convinces the two peers only');
    expect(out).not.toContain('A log proves');
  });

  it('verifies a log without payloads', async () => {
    const session = conversation({ payloads: 'redacted' });
    const { exitCode, out } = await vcl(['verify', written(session.file())]);
    expect(exitCode).toBe(0);
    expect(out).toContain('payloads redacted');
  });

  it('locates a changed payload by direction, lane, message and offset', async () => {
    const log = conversation().file();
    const at = log.indexOf('to be signed');
    log[at]! ^= 0x20;
    const { exitCode, out } = await vcl(['verify', written(log)]);
    expect(exitCode).toBe(1);
    const entry = at - 16 - 52 - 5;
    expect(out).toContain('client to server, reliable lane, message 1: the entry was altered');
    expect(out).toContain(`(offset ${entry.toLocaleString('en-US')})`);
    expect(out).toContain('ALTERED');
  });

  it('names the statement whose signature is wrong', async () => {
    const log = conversation().file();
    const second = log.indexOf('VCL1 checkpoint', log.indexOf('to be signed'));
    log[second + 254 + 10]! ^= 1;
    const { exitCode, out } = await vcl(['verify', written(log)]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/finding .*signature.*offset [\d,]+, client to server, statement 1/);
  });

  it.each([
    ['a prefix without FINAL', () => openEnded().sign(0).file(), 2, 'VALID PREFIX'],
    ['a file cut inside an entry', () => conversation().file().subarray(0, -10), 2, 'VALID PREFIX'],
    ['messages after the last statement', () => openEnded().file(), 3, 'UNSIGNED TAIL'],
    ['another kind of file', () => Buffer.from('%PDF-1.7'), 4, 'NOT READABLE'],
    ['an empty file', () => Buffer.alloc(0), 4, 'NOT READABLE'],
  ] as const)('exits by rule C3 for %s', async (_, log, exitCode, verdict) => {
    const outcome = await vcl(['verify', written(log())]);
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.out).toContain(verdict);
  });

  it('reports every session of a file and the worst verdict', async () => {
    const file = written(logFile(conversation({ th: 1 }), conversation({ th: 2 }), openEnded()));
    const { exitCode, document } = await json(['verify', file, '--json']);
    expect(exitCode).toBe(3);
    expect(document.status).toBe('unsigned-tail');
    expect(document.files[0]?.sessions.map(({ status }) => status)).toEqual([
      'whole',
      'whole',
      'unsigned-tail',
    ]);
  });

  it('prints one JSON document with --json', async () => {
    const session = conversation();
    const log = session.file();
    const { document } = await json(['verify', written(log), '--json']);
    expect(document).toMatchObject({ exitCode: 0, status: 'whole' });
    expect(document).not.toHaveProperty('comparison');
    const [file] = document.files;
    expect(file).toMatchObject({ bytes: log.length, exitCode: 0, problems: [] });
    expect(file?.sessions).toHaveLength(1);
    expect(file?.sessions[0]).toMatchObject({
      sid: session.sid.toString('hex'),
      client: { publicKey: encodePublicKey(testPublicKey(0)) },
      recorder: 'server',
      keyEpochs: 1,
      end: { closeCode: 0, name: 'NO_ERROR', by: 'peer' },
      alterations: [],
      directions: [
        {
          direction: 'client to server',
          statements: 3,
          final: true,
          lanes: [
            { lane: 'reliable', messages: 2, bytes: 16, through: 2, gaps: 0 },
            { lane: 'lossy', messages: 1, bytes: 5, through: 2, gaps: 1 },
          ],
        },
        { direction: 'server to client', statements: 3, final: true },
      ],
    });
  });

  it('shows the first alterations and counts the rest', async () => {
    const session = new TestSession();
    for (let n = 0; n < 20; n++) session.send(0, 0, `message ${n}`);
    const log = session.sign(0).finish().file();
    for (let n = 0; n < 20; n++) log[log.indexOf(`message ${n}`)] = 0x4d;
    const { out } = await vcl(['verify', written(log)]);
    expect(out.match(/finding {2,}client to server, reliable lane, message/g)).toHaveLength(8);
    expect(out).toContain('and 12 more alterations: see --json');
  });
});

describe('vcl verify with two files', () => {
  it('finds logs of the same session to agree', async () => {
    const files = [written(conversation().file()), written(conversation().file())];
    const { exitCode, out } = await vcl(['verify', ...files]);
    expect(exitCode).toBe(0);
    expect(out).toContain('3 statements equal, 0 in the first only, 0 in the second only');
    expect(out).toContain('no equivocation');
  });

  it('proves that a signer said two different things', async () => {
    const yes = new TestSession().send(0, 0, 'yes').sign(0).finish();
    const no = new TestSession().send(0, 0, 'no').sign(0).finish();
    const files = [written(yes.file()), written(no.file())];
    for (const file of files) expect((await vcl(['verify', file])).exitCode).toBe(0);
    const { exitCode, out } = await vcl(['verify', ...files]);
    expect(exitCode).toBe(1);
    const signer = fingerprint(testPublicKey(0));
    expect(out).toContain(`EQUIVOCATION: ${signer} signed two different statements 1`);
    const { document } = await json(['verify', ...files, '--json']);
    expect(document.status).toBe('altered');
    expect(document.comparison?.equivocations[0]).toMatchObject({
      direction: 'client to server',
      statement: 1,
      signer: { fingerprint: signer },
      sid: yes.sid.toString('hex'),
    });
  });

  it('says when the files have no session in common', async () => {
    const files = [written(conversation({ th: 1 }).file()), written(conversation().file())];
    const { exitCode, out } = await vcl(['verify', ...files]);
    expect(exitCode).toBe(0);
    expect(out).toContain('no session in common');
  });

  it('exits with the worse verdict of the two', async () => {
    const files = [written(conversation().file()), written(openEnded().file())];
    expect((await vcl(['verify', ...files])).exitCode).toBe(3);
  });
});

describe('vcl verify without a file to read', () => {
  it('says what to do and exits with 4', async () => {
    const { exitCode, out, err } = await vcl(['verify', '/nowhere/x.vcllog']);
    expect(exitCode).toBe(4);
    expect(out).toBe('');
    expect(err).toBe(
      'vcl: cannot read /nowhere/x.vcllog: there is no such file, check FILE (IoError)\n',
    );
  });

  it('tells a directory from a file', async () => {
    const { exitCode, err } = await vcl(['verify', temporaryDirectory()]);
    expect(exitCode).toBe(4);
    expect(err).toMatch(
      /^vcl: cannot read .*: it is a directory, name the log in it \(IoError\)\n$/,
    );
  });

  it('asks for the argument', async () => {
    const { exitCode, err } = await vcl(['verify']);
    expect(exitCode).toBe(64);
    expect(err).toBe("vcl: missing required argument 'file'; see vcl verify --help\n");
  });
});

/** Two messages on lane R, two on lane L of which one is lost, an answer; signed and finished. */
function conversation(options: ConstructorParameters<typeof TestSession>[0] = {}): TestSession {
  return new TestSession(options)
    .send(0, 0, 'what')
    .send(0, 0, 'to be signed')
    .send(0, 1, 'alive')
    .lose(0, 'gone')
    .sign(0)
    .send(1, 0, 'yes')
    .sign(1)
    .finish();
}

function openEnded(): TestSession {
  return new TestSession({ th: 9 }).send(0, 0, 'a').sign(0).send(0, 0, 'b');
}

let count = 0;

function written(log: Uint8Array): string {
  const file = join(temporaryDirectory(), `${count++}.vcllog`);
  writeFileSync(file, log);
  return file;
}

async function json(args: string[]): Promise<Outcome & { readonly document: VerifyDocument }> {
  const outcome = await vcl(args, new FakeIo());
  return { ...outcome, document: JSON.parse(outcome.out) };
}
