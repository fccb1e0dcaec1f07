import { describe, expect, it } from 'vitest';
import { PathValidation } from '../../src/path/path-validation.js';
import type { RemoteAddress } from '../../src/path/remote-address.js';
import { provider } from '../handshake/support.js';

const HOME: RemoteAddress = { address: '192.0.2.1', port: 1_000 };
const REBOUND: RemoteAddress = { address: '192.0.2.1', port: 2_000 };
const AWAY: RemoteAddress = { address: '203.0.113.9', port: 1_000 };
const PTO = 100;

function atHome(): PathValidation {
  return new PathValidation(provider(3), HOME, true);
}

/** The probes that wait, taken out. */
function probes(path: PathValidation): { kind: string; to: RemoteAddress; data: Uint8Array }[] {
  const taken = [];
  for (let probe = path.takeProbe(); probe !== undefined; probe = path.takeProbe())
    taken.push(probe);
  return taken;
}

describe('the address of a path', () => {
  it('that moved is challenged, and so is the one before', () => {
    const path = atHome();
    path.move(AWAY, 100, 0, PTO);
    expect(path.remote).toEqual(AWAY);
    expect(path.validated).toBe(false);
    const [present, old, ...more] = probes(path);
    expect(present).toMatchObject({ kind: 'challenge', to: AWAY });
    expect(old).toMatchObject({ kind: 'challenge', to: HOME });
    expect(present?.data).not.toEqual(old?.data);
    expect(more).toEqual([]);
  });

  it('is proved by the answer to its challenge and by nothing else', () => {
    const path = atHome();
    path.move(AWAY, 100, 0, PTO);
    const [present, old] = probes(path);
    expect(path.handleResponse(new Uint8Array(8))).toBe('none');
    expect(path.handleResponse(old!.data)).toBe('none');
    expect(path.validated).toBe(false);
    expect(path.handleResponse(present!.data)).toBe('elsewhere');
    expect([path.validated, path.deadline]).toEqual([true, Number.POSITIVE_INFINITY]);
    expect(path.handleResponse(present!.data)).toBe('none');
  });

  it('on the same host keeps what was measured', () => {
    const path = atHome();
    path.move(REBOUND, 100, 0, PTO);
    expect(path.handleResponse(probes(path)[0]!.data)).toBe('present');
  });

  it('gets at most three times what came from it until it is proved', () => {
    const path = atHome();
    expect(path.maySend(1_000_000)).toBe(true);
    path.move(AWAY, 100, 0, PTO);
    expect([path.maySend(300), path.maySend(301)]).toEqual([true, false]);
    path.onSent(200);
    expect(path.maySend(101)).toBe(false);
    path.onReceived(HOME, 1_000);
    expect(path.maySend(101)).toBe(false);
    path.onReceived(AWAY, 10);
    expect(path.maySend(130)).toBe(true);
    path.handleResponse(probes(path)[0]!.data);
    expect(path.maySend(1_000_000)).toBe(true);
  });

  it('is the old one again when 3 PTO pass without an answer', () => {
    const path = atHome();
    path.move(AWAY, 100, 0, PTO);
    for (const now of [PTO, 2 * PTO, 3 * PTO - 1]) {
      expect(path.handleTimeout(now, PTO)).toBe(false);
      expect(path.remote).toEqual(AWAY);
    }
    expect(path.handleTimeout(3 * PTO, PTO)).toBe(true);
    expect([path.remote, path.validated]).toEqual([HOME, true]);
    expect(path.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('is the old one again as soon as the peer is heard from there', () => {
    const path = atHome();
    path.move(AWAY, 100, 0, PTO);
    path.move(HOME, 100, 10, PTO);
    expect([path.remote, path.validated, path.deadline]).toEqual([
      HOME,
      true,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('falls back over several unproved moves to the last that was proved', () => {
    const path = atHome();
    path.move(AWAY, 100, 0, PTO);
    path.move(REBOUND, 100, 50, PTO);
    expect(path.handleTimeout(50 + 3 * PTO, PTO)).toBe(true);
    expect(path.remote).toEqual(HOME);
  });

  it('is left alone for a while after moves that were not proved, longer each time', () => {
    const path = atHome();
    const waits: number[] = [];
    let now = 0;
    for (let round = 0; round < 8; round++) {
      expect(path.move(AWAY, 100, now, PTO)).toBe(true);
      now += 3 * PTO;
      path.handleTimeout(now, PTO);
      const since = now;
      while (!path.move(REBOUND, 100, now, PTO)) now += PTO;
      waits.push((now - since) / PTO);
      path.move(HOME, 100, now, PTO);
      now += 20_000;
    }
    expect(waits).toEqual([3, 6, 12, 24, 48, 96, 100, 100]);
  });

  it('is followed at once again after a move that was proved', () => {
    const path = atHome();
    path.move(AWAY, 100, 0, PTO);
    path.handleTimeout(3 * PTO, PTO);
    expect(path.move(AWAY, 100, 4 * PTO, PTO)).toBe(false);
    probes(path);
    expect(path.move(AWAY, 100, 6 * PTO, PTO)).toBe(true);
    expect(path.handleResponse(probes(path)[0]!.data)).toBe('elsewhere');
    expect(path.move(HOME, 100, 7 * PTO, PTO)).toBe(true);
  });

  it('is asked again after each PTO', () => {
    const path = atHome();
    path.move(AWAY, 100, 0, PTO);
    const [first] = probes(path);
    expect(path.deadline).toBe(PTO);
    path.handleTimeout(PTO, PTO);
    expect(probes(path)).toEqual([{ kind: 'challenge', to: AWAY, data: first!.data }]);
    expect(path.deadline).toBe(2 * PTO);
  });

  it('without an old one to return to is asked ever more rarely, but never given up', () => {
    const path = new PathValidation(provider(4), AWAY, false);
    path.challenge(0, PTO);
    const data = probes(path)[0]!.data;
    const times: number[] = [];
    for (let i = 0; i < 12; i++) {
      times.push(path.deadline);
      expect(path.handleTimeout(path.deadline, PTO)).toBe(false);
      expect(probes(path)).toHaveLength(1);
    }
    const intervals = times.map((at, i) => (at - (times[i - 1] ?? 0)) / PTO);
    expect(intervals).toEqual([1, 1, 2, 4, 8, 16, 32, 64, 80, 80, 80, 80]);
    expect(path.handleResponse(data)).toBe('present');
  });

  it('is followed more and more rarely to where no answer comes from', () => {
    const path = atHome();
    let now = 0;
    for (const waitMs of [300, 600, 1_200]) {
      expect(path.move(AWAY, 100, now, PTO)).toBe(true);
      now = path.deadline;
      while (!path.handleTimeout(now, PTO)) now = path.deadline;
      expect(path.move(AWAY, 100, now + waitMs - 1, PTO)).toBe(false);
      expect(path.remote).toEqual(HOME);
      now += waitMs;
    }
    expect(path.move(AWAY, 100, now, PTO)).toBe(true);
    probes(path);
    path.challenge(now, PTO);
    expect(path.handleResponse(probes(path)[0]!.data)).toBe('elsewhere');
    expect(path.move(HOME, 100, now, PTO)).toBe(true);
  });

  it('does not pile up challenges that may not leave', () => {
    const path = new PathValidation(provider(4), AWAY, false);
    path.challenge(0, PTO);
    for (let i = 0; i < 20; i++) path.handleTimeout(path.deadline, PTO);
    expect(probes(path)).toHaveLength(1);
  });
});

describe('a challenge of the peer', () => {
  it('is answered to where it came from', () => {
    const path = atHome();
    path.handleChallenge(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), AWAY);
    path.handleChallenge(new Uint8Array(8), { ...HOME });
    const [away, home] = probes(path);
    expect(away).toMatchObject({ kind: 'response', to: AWAY });
    expect(away?.data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    // The very address of the path, so that its limit counts.
    expect(home?.to).toBe(path.remote);
  });

  it('beyond four that wait drops the oldest, and no challenge of ours', () => {
    const path = atHome();
    path.challenge(0, PTO);
    for (let i = 0; i < 7; i++) path.handleChallenge(new Uint8Array(8).fill(i), AWAY);
    const kinds = probes(path).map(({ kind, data }) => (kind === 'response' ? data[0] : kind));
    expect(kinds).toEqual(['challenge', 3, 4, 5, 6]);
  });
});
