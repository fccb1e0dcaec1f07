import { chmod, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { CloseCode } from '@vcl-protocol/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fingerprint, verifySessionLog } from '../../src/index.js';
import { recordingLogger } from '../identity/recording-logger.js';
import { useTemporaryDirectory } from '../identity/temporary-directory.js';
import { expectedToFail, join, pattern, readAll, useConnections } from '../support/connections.js';
import { failAppends } from '../support/fail-appends.js';

const { bind, pair } = useConnections();
const path = useTemporaryDirectory();
afterEach(() => vi.unstubAllEnvs());

describe('a session log', () => {
  it('is whole on either side when close has resolved', async () => {
    const { client, server } = await pair({
      client: { record: { file: path('client.vcllog') } },
      server: { record: { file: path('server.vcllog') } },
    });
    const reading = readAll(server);
    await client.send('on the record');
    await client.send(pattern(100_000), { kind: 3 });
    await client.close();
    await reading;
    await server.close();
    for (const [name, recorder] of [
      ['client', client],
      ['server', server],
    ] as const) {
      const report = await verifySessionLog(path(`${name}.vcllog`));
      expect(report).toMatchObject({ status: 'whole', exitCode: 0 });
      const [session] = report.sessions;
      expect(session).toMatchObject({ recorder: name, payloads: 'kept' });
      expect(session?.directions[0].lanes[0]).toMatchObject({ messages: 2, bytes: 100_013 });
      expect(session?.clientKey).toBe(Buffer.from(client.getPublicKey()).toString('hex'));
      expect(recorder.isClosed()).toBe(true);
    }
  });

  it('can be verified as bytes, and shows a changed one', async () => {
    const { client, server } = await pair({ server: { record: { file: path('log') } } });
    await client.send('unchanged');
    await client.close();
    await server.close();
    const bytes = await readFile(path('log'));
    expect((await verifySessionLog(bytes)).status).toBe('whole');
    const at = bytes.indexOf('unchanged');
    bytes[at]! ^= 1;
    expect((await verifySessionLog(bytes)).status).toBe('altered');
  });

  it('holds no payload when that is not wanted, and is for its owner only', async () => {
    const { client, server } = await pair({
      server: { record: { file: path('log'), payloads: false } },
    });
    await client.send('secret words');
    await client.close();
    await server.close();
    const bytes = await readFile(path('log'));
    expect(bytes.includes('secret words')).toBe(false);
    expect((await verifySessionLog(bytes)).status).toBe('whole');
    expect((await stat(path('log'))).mode & 0o777).toBe(0o600);
  });

  it('takes the sessions of a connection one after the other', async () => {
    const server = await bind({ clients: 'any', record: { file: path('log') } });
    for (let round = 0; round < 2; round++) {
      const client = await bind();
      await join(client, server);
      const reading = readAll(server);
      await client.send(`round ${round}`);
      await client.close();
      await reading;
    }
    await server.close();
    const report = await verifySessionLog(path('log'));
    expect(report.status).toBe('whole');
    expect(report.sessions).toHaveLength(2);
  });

  it('is not written over; with append it goes on, also after a crash in an entry', async () => {
    const record = { file: path('log') };
    const first = await pair({ server: { record } });
    await first.client.send('before the crash');
    await first.client.close();
    await first.server.close();
    const { size } = await stat(record.file);
    await truncate(record.file, size - 10);
    await expect(bind({ record })).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('record.append'),
    });
    const second = await pair({ server: { record: { ...record, append: true } } });
    await second.client.send('after it');
    await second.client.close();
    await second.server.close();
    const report = await verifySessionLog(record.file);
    expect(report.sessions.map(({ status }) => status)).toEqual(['prefix', 'whole']);
  });

  it('is refused where others may read it, or where something else stands', async () => {
    await writeFile(path('open'), '');
    await chmod(path('open'), 0o644);
    await expect(bind({ record: { file: path('open') } })).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('chmod 600'),
    });
    await writeFile(path('other'), 'a shopping list', { mode: 0o600 });
    await expect(bind({ record: { file: path('other'), append: true } })).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('not a session log'),
    });
    await mkdir(path('directory'));
    await expect(bind({ record: { file: path('directory') } })).rejects.toMatchObject({
      code: 'IoError',
    });
  });

  it('that cannot be written is told by event, log and close, and the session goes on', async () => {
    const logger = recordingLogger();
    const { client, server } = await pair({ server: { logger, record: { file: path('log') } } });
    const events = server.subscribe();
    const restore = await failAppends('no space left on device');
    await client.send('not on the record');
    expect((await server.recv()).text()).toBe('not on the record');
    for await (const event of events) {
      if (event.type !== 'Error') continue;
      expect(event.error).toMatchObject({ code: 'IoError' });
      break;
    }
    await client.send('still here');
    expect((await server.recv()).text()).toBe('still here');
    restore();
    await client.close();
    await expect(server.close()).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('no space left on device'),
    });
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});

describe('a key log', () => {
  it('holds the keys of both epochs, is for its owner only, and is warned of', async () => {
    const logger = recordingLogger();
    const { client } = await pair({ client: { keyLogFile: path('keys'), logger } });
    await client.rotateKeys();
    await client.close();
    const lines = (await readFile(path('keys'), 'utf8')).trim().split('\n');
    const labels = lines.map((line) => line.split(' ')[0]);
    expect(labels).toContain('VCL1_OUTER');
    expect(labels.filter((label) => label === 'VCL1_DATA_C')).toHaveLength(2);
    expect((await stat(path('keys'))).mode & 0o777).toBe(0o600);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('may be named by the environment', async () => {
    vi.stubEnv('VCLKEYLOGFILE', path('keys'));
    const { client, server } = await pair();
    await client.close();
    await server.close();
    expect(await readFile(path('keys'), 'utf8')).toContain('VCL1_HP_S');
  });

  it('is not written unless it is asked for', async () => {
    vi.stubEnv('VCLKEYLOGFILE', '');
    const { client } = await pair();
    await client.close();
    await expect(stat(path('keys'))).rejects.toThrow();
  });
});

describe('the log lines of a session', () => {
  it('tell open and close with the fingerprint, and neither keys, payloads nor addresses', async () => {
    const [mine, theirs] = [recordingLogger(), recordingLogger()];
    const { client, server } = await pair({
      client: { logger: { ...mine, isLevelEnabled: (level) => level !== 'debug' } },
      server: { logger: { ...theirs, isLevelEnabled: (level) => level !== 'debug' } },
    });
    await client.send('not for the log');
    await client.rotateKeys();
    await client.close();
    await server.close();
    for (const [logger, peer] of [
      [mine, server],
      [theirs, client],
    ] as const) {
      const opened = logger.lines.find(({ message }) => message === 'session open');
      expect(opened).toMatchObject({
        level: 'info',
        fields: { peer: fingerprint(peer.getPublicKey()) },
      });
      const messages = logger.lines.map(({ message }) => message);
      expect(messages).toContain('keys rotated');
      expect(messages).toContain('session closed');
      expect(messages).not.toContain('message sent');
      const text = JSON.stringify(logger.lines);
      expect(text).not.toContain('not for the log');
      expect(text).not.toContain('127.0.0.1');
    }
  });

  it('tell of every message at the level debug, by number and length', async () => {
    const logger = recordingLogger();
    const { client, server } = await pair({ server: { logger } });
    await client.send('12345');
    await server.recv();
    const line = logger.lines.find(({ message }) => message === 'message received');
    expect(line).toMatchObject({ level: 'debug', fields: { number: 0, bytes: 5 } });
  });

  it('warn of a session that ended badly, and report what is done after the end', async () => {
    const logger = recordingLogger();
    const { client, server } = await pair({ server: { logger } });
    client.abort();
    await expect(server.recv()).rejects.toThrow();
    await expect(server.send('too late')).rejects.toThrow();
    const closed = logger.lines.find(({ message }) => message === 'session closed');
    expect(closed).toMatchObject({ level: 'warn', fields: { code: 'APPLICATION', remote: true } });
    const late = logger.lines.find(({ level }) => level === 'error');
    expect(late).toMatchObject({ fields: { operation: 'send' } });
    expect(CloseCode.APPLICATION).toBe(18);
  });

  it('do not grow with what an attacker sends', async () => {
    const logger = recordingLogger();
    const server = await bind({ clients: 'any', logger });
    const accepting = expectedToFail(server.acceptHandshake());
    const { createSocket } = await import('node:dgram');
    const attacker = createSocket('udp4');
    const { port } = server.localAddress();
    for (let i = 0; i < 2_000; i++) {
      await new Promise((sent) => attacker.send(pattern(100), port, '127.0.0.1', sent));
    }
    attacker.close();
    await expect.poll(() => server.metrics().totalDropped()).toBeGreaterThan(1_000);
    expect(logger.lines.length).toBeLessThan(10);
    server.abort();
    await expect(accepting).rejects.toThrow();
  });
});
