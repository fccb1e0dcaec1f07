import { describe, expect, it } from 'vitest';
import { plainPaint } from '../../src/output.js';
import type {
  AlterationDocument,
  ComparisonDocument,
  SessionDocument,
  SharedDocument,
  VerifyDocument,
} from '../../src/verify/documents.js';
import { formatComparison } from '../../src/verify/format-comparison.js';
import { alterationText, findingsOf, problemText } from '../../src/verify/format-findings.js';
import { formatVerification } from '../../src/verify/format-report.js';

const KEY = { publicKey: 'vcl-ed25519:k', fingerprint: 'SHA256:f' };
const LANE = { messages: 0, bytes: 0, through: 0, gaps: 0 };
const LANES = [
  { lane: 'reliable', ...LANE },
  { lane: 'lossy', ...LANE },
] as const;

const SESSION: SessionDocument = {
  sid: 'ab12',
  exitCode: 0,
  status: 'whole',
  client: KEY,
  server: KEY,
  recorder: 'client',
  evidence: 'identity',
  payloads: 'kept',
  startedTimeMs: 0,
  firstStatementTimeMs: null,
  lastStatementTimeMs: null,
  keyEpochs: 1,
  end: null,
  directions: [
    { direction: 'client to server', signer: KEY, statements: 1, final: false, lanes: LANES },
    { direction: 'server to client', signer: KEY, statements: 0, final: false, lanes: LANES },
  ],
  alterations: [],
  problems: [],
};

function shown(session: Partial<SessionDocument>, file: Partial<VerifyDocument> = {}): string {
  const sessions = [{ ...SESSION, ...session }];
  const document: VerifyDocument = {
    exitCode: 0,
    status: 'whole',
    meaning: 'It means this.',
    files: [
      { file: 'a.vcllog', bytes: 1_000, exitCode: 0, status: 'whole', sessions, problems: [] },
    ],
    ...file,
  };
  return formatVerification(document, plainPaint).join('\n');
}

describe('a session of a log, for people', () => {
  it('ends with the verdict and what it means', () => {
    expect(shown({}).split('\n').slice(-2)).toEqual([
      'WHOLE: unaltered, and signed from OPEN to FINAL in both directions',
      'It means this.',
    ]);
  });

  it('leaves out what is not there', () => {
    const text = shown({});
    expect(text).toContain('ended             the log does not say');
    expect(text).toContain('client to server  1 statement, no FINAL');
    for (const absent of ['signed  ', 'key epochs', 'continues', 'finding', 'lane:']) {
      expect(text).not.toContain(absent);
    }
  });

  it('tells key epochs and who closed', () => {
    const end = { closeCode: 6, name: 'CHAIN_INVALID', by: 'recorder' } as const;
    const text = shown({ keyEpochs: 3, end });
    expect(text).toContain('key epochs        3');
    expect(text).toContain('CHAIN_INVALID (6), closed by the recorder');
  });

  it.each([
    ['joined', 'which it joins'],
    ['gap', 'after which something is missing'],
    ['absent', 'which is not in this file'],
  ] as const)('tells of an earlier session that is %s', (state, words) => {
    expect(shown({ previous: { sid: 'cd34', state } })).toContain(
      `continues         session cd34, ${words}`,
    );
  });

  it('names a lane that has gaps only', () => {
    const [reliable, lossy] = LANES;
    const lanes = [reliable, { ...lossy, gaps: 2, through: 2 }];
    const directions = [{ ...SESSION.directions[0]!, lanes }];
    const text = shown({ directions });
    expect(text).toContain('lossy lane: 0 messages, 0 B, 2 gaps, 2 signed');
    expect(text).not.toContain('reliable lane:');
  });

  it('keeps control characters of a file name from the terminal', () => {
    const file = { file: 'x\x1b[2J', bytes: 0, exitCode: 4, status: 'unreadable' } as const;
    const problems = [{ code: 'unreadable', message: 'no log', fileOffset: 12_345 }] as const;
    const text = shown({}, { files: [{ ...file, sessions: [], problems }] });
    expect(text).toContain('x\\u001b[2J: 0 bytes, 0 sessions');
    expect(text).toContain('problem  no log (offset 12,345)');
  });
});

describe('findings', () => {
  const alteration: AlterationDocument = {
    kind: 'links',
    direction: 'server to client',
    lane: 'lossy',
    fromMessage: 1_000,
    toMessage: 1_063,
    fileOffset: 5_000,
  };

  it('give the run of messages and the offset', () => {
    expect(alterationText(alteration)).toBe(
      'server to client, lossy lane, messages 1,000 to 1,063: the entries do not give the link ' +
        'that was signed; one or more of them were altered (offset 5,000)',
    );
  });

  it.each([
    'entry',
    'missing',
    'duplicate',
    'conflict',
    'misplaced',
    'beyond-final',
    'links',
  ] as const)('have words for %s', (kind) => {
    expect(alterationText({ ...alteration, kind })).toMatch(/1,063: .{20,} \(offset 5,000\)$/);
  });

  it('give the statement of a problem', () => {
    const problem = { code: 'signature', message: 'bad', fileOffset: 7 } as const;
    expect(problemText({ ...problem, direction: 1, k: 12 })).toBe(
      'bad (offset 7, server to client, statement 12)',
    );
    expect(problemText(problem)).toBe('bad (offset 7)');
  });

  it('are counted beyond the first eight of each sort', () => {
    const problem = { code: 'statement', message: 'bad', fileOffset: 7 } as const;
    const findings = findingsOf({
      ...SESSION,
      alterations: Array(8).fill(alteration),
      problems: Array(1_009).fill(problem),
    });
    expect(findings).toHaveLength(8 + 8 + 1);
    expect(findings.at(-1)).toBe('and 1,001 more problems: see --json');
  });
});

describe('two logs, for people', () => {
  const shared: SharedDocument = {
    sid: 'ab12',
    direction: 'client to server',
    sameSigner: true,
    agreeing: 5,
    onlyInFirst: 1,
    onlyInSecond: 0,
  };

  function compared(document: Partial<ComparisonDocument>): string[] {
    return formatComparison({ equivocations: [], shared: [shared], ...document }, plainPaint);
  }

  it('agree', () => {
    expect(compared({})).toEqual([
      'both files',
      'session ab12',
      '  client to server  5 statements equal, 1 in the first only, 0 in the second only',
      'no equivocation: nobody signed two different statements of a number',
    ]);
  });

  it('may name different signers', () => {
    const lines = compared({ shared: [{ ...shared, sameSigner: false }] });
    expect(lines[2]).toMatch(/; the files name different signers$/);
  });

  it('may prove an equivocation', () => {
    const lines = compared({
      equivocations: [
        {
          sid: 'ab12',
          direction: 'server to client',
          signer: KEY,
          statement: 3,
          fileOffsets: [1_000, 20],
        },
      ],
    });
    expect(lines.at(-1)).toBe(
      'EQUIVOCATION: SHA256:f signed two different statements 3 of session ab12, ' +
        'server to client: offset 1,000 of the first file, 20 of the second',
    );
    expect(lines.join()).not.toContain('no equivocation');
  });

  it('may have nothing in common', () => {
    expect(compared({ shared: [] })).toEqual([
      'both files',
      '  have no session in common: nothing to compare',
    ]);
  });
});
