import { afterEach, describe, expect, it } from 'vitest';
import { QuicChild } from '../../src/quic/child-process.js';
import { noChild } from './support/built.js';
import { Heard, Listener } from './support/listener.js';

const heartbeat = { intervalMs: 100, maxMisses: 3 };

const opened: Listener[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ server }) => server.close()));
  const { processId: pid } = QuicChild;
  if (pid === undefined) return;
  process.kill(pid, 'SIGKILL');
  while (QuicChild.processId === pid) await new Promise((resolve) => setTimeout(resolve, 5));
});

describe.skipIf(noChild !== undefined)('the process that runs QUIC', () => {
  it('takes all links with it when it is killed, and the next dial starts another', async () => {
    const ends = await linked();
    const first = processId();
    process.kill(first, 'SIGKILL');
    await lost(ends);
    await expectWorking();
    expect(processId()).not.toBe(first);
  });

  it('is replaced under a server, which listens on at its port with its certificate', async () => {
    const listener = await listen();
    const { port } = listener.server.local;
    const ca = { isIdentityCheckedLater: true };
    await listener.pair(ca);
    process.kill(processId(), 'SIGKILL');
    const link = await eventually(() => listener.dial(ca));
    expect(link.remote.port).toBe(port);
    expect(link.claimedIdentity).toEqual(listener.signer.publicKey);
  });

  it('is ended when it hangs', async () => {
    const ends = await linked();
    process.kill(processId(), 'SIGSTOP');
    await lost(ends);
    await expectWorking();
  });

  it('is one for all', async () => {
    await linked();
    const first = processId();
    await linked();
    expect(processId()).toBe(first);
  });

  it('fails a dial and a server that wait for it', async () => {
    const listening = Listener.open({ heartbeat });
    process.kill(processId(), 'SIGKILL');
    await expect(listening).rejects.toMatchObject({ code: 'IoError' });
  });

  it('ends with its last user', async () => {
    const listener = await listen();
    const pid = processId();
    await listener.server.close();
    await gone(pid);
    expect(QuicChild.processId).toBeUndefined();
  });

  it('closes a link in time when the peer is gone without a word', async () => {
    const [a] = await linked();
    process.kill(processId(), 'SIGSTOP');
    await a?.link.close();
    expect(a?.link.remote.isLost).toBe(true);
  });
});

/** Tries again until it works: what was lost comes back within a second. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function listen(): Promise<Listener> {
  const listener = await Listener.open({ heartbeat });
  opened.push(listener);
  return listener;
}

/** Two ends of a link, started. */
async function linked(): Promise<Heard[]> {
  const listener = await listen();
  return (await listener.pair()).map((link) => new Heard(link));
}

async function lost(ends: readonly Heard[]): Promise<void> {
  for (const end of ends) {
    await end.until(({ ending }) => ending !== undefined);
    expect(end.ending?.error).toMatchObject({ code: 'IoError' });
    expect(end.link.remote.isLost && end.link.lossySide?.remote.isLost).toBe(true);
  }
}

async function expectWorking(): Promise<void> {
  const [a, b] = await linked();
  a?.send('works');
  await b?.until(({ records }) => records.length > 0);
  expect(b?.texts).toEqual(['works']);
}

function processId(): number {
  const { processId } = QuicChild;
  if (processId === undefined) throw new Error('there is no process');
  return processId;
}

/** Resolves when no process has this id. */
async function gone(pid: number): Promise<void> {
  while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
