import { describe, expect, it } from 'vitest';
import { keepaliveConfig } from '../../../src/core/keepalive/keepalive-config.js';
import { ReconnectConfig } from '../../../src/core/reconnect/reconnect-config.js';
import { ReconnectManager } from '../../../src/core/reconnect/reconnect-manager.js';
import {
  type ClientAction,
  ClientMachine,
  TunnelState,
} from '../../../src/core/state/client-machine.js';

/** A machine and what it says, in virtual time. */
function machine(maxAttempts?: number) {
  const config = { ...ReconnectConfig.default(), jitter: 0, maxAttempts };
  const reconnect = new ReconnectManager(config, () => 0.5);
  return new ClientMachine(keepaliveConfig('mobile'), reconnect);
}

function polled(client: ClientMachine, now: number): ClientAction[] {
  const actions: ClientAction[] = [];
  for (let action = client.poll(now); action !== undefined; action = client.poll(now)) {
    actions.push(action);
  }
  return actions;
}

/** Connected at `now`. */
function connected(now = 0) {
  const client = machine();
  client.start(now);
  polled(client, now);
  client.onConnected(now);
  return client;
}

/** The first actions after `now`, at the times that the machine itself names. */
function follow(client: ClientMachine, from: number, until: number): [number, ClientAction][] {
  const seen: [number, ClientAction][] = [];
  for (let now = from; now <= until; ) {
    for (const action of polled(client, now)) seen.push([now, action]);
    const next = client.nextAt(now);
    expect(next, 'a time that has passed').toBeGreaterThan(now);
    now = next;
  }
  return seen;
}

describe('a client that starts', () => {
  it('does nothing before, then connects once', () => {
    const client = machine();
    expect([client.state, polled(client, 0)]).toEqual([TunnelState.Stopped, []]);
    expect(client.nextAt(0)).toBe(Number.POSITIVE_INFINITY);
    client.start(0);
    expect([client.state, client.nextAt(0)]).toEqual([TunnelState.Connecting, 0]);
    expect(polled(client, 0)).toEqual(['connect']);
    expect([polled(client, 50_000), client.nextAt(50_000)]).toEqual([[], Infinity]);
  });

  it('tries again with growing waits, and says so without a clock of its own', () => {
    const client = machine();
    client.start(0);
    const times: number[] = [];
    for (let now = 0; times.length < 5; now = client.nextAt(now)) {
      expect(polled(client, now)).toEqual(['connect']);
      times.push(now);
      client.onAttemptFailed(now, false);
      expect([client.state, polled(client, now)]).toEqual([TunnelState.Connecting, []]);
    }
    expect(times).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
  });

  it('fails for good when another attempt would fail as well, or there were enough', () => {
    const refused = machine();
    refused.start(0);
    polled(refused, 0);
    refused.onAttemptFailed(5, true);
    const tired = machine(2);
    tired.start(0);
    for (const now of [0, 1_000]) {
      polled(tired, now);
      tired.onAttemptFailed(now, false);
    }
    for (const client of [refused, tired]) {
      expect([client.state, client.isOver]).toEqual([TunnelState.Failed, true]);
      client.onDisturbed(2_000);
      expect([polled(client, 9e9), client.nextAt(9e9)]).toEqual([[], Infinity]);
    }
  });

  it('ends when it is stopped, whatever comes afterwards', () => {
    const client = machine();
    client.start(0);
    polled(client, 0);
    client.stop();
    client.onConnected(1);
    client.onSessionLost(2);
    client.onDisturbed(3);
    client.onAttemptFailed(4, true);
    expect([client.state, polled(client, 9e9)]).toEqual([TunnelState.Stopped, []]);
  });
});

describe('a client with a session', () => {
  it('asks a quiet server, and gives the session up after the misses of the preset', () => {
    const seen = follow(connected(), 0, 90_000);
    const besides = seen.filter(([, action]) => action === 'connect');
    expect(besides).toEqual([]);
    expect(seen).toEqual([
      [20_000, 'ping'],
      [25_000, 'ping'],
      [30_000, 'ping'],
      [35_000, 'drop'],
    ]);
  });

  it('does not ask a server that is heard, however long', () => {
    const client = connected();
    for (let now = 1_000; now < 300_000; now += 1_000) {
      client.onSilence({ quietMs: 10, unansweredMs: 0 }, now);
      expect(polled(client, now)).toEqual([]);
    }
  });

  it('connects beside a session that has not answered for 5 s, and again after 5 s more', () => {
    const client = connected();
    client.onSilence({ quietMs: 3_000, unansweredMs: 2_000 }, 3_000);
    expect(polled(client, 5_999)).toEqual([]);
    expect(client.nextAt(5_999)).toBe(6_000);
    expect(polled(client, 6_000)).toEqual(['connect']);
    expect([client.state, polled(client, 10_999)]).toEqual([TunnelState.Connected, []]);
    client.onAttemptFailed(10_999, false);
    expect(client.state).toBe(TunnelState.Connected);
    expect(client.nextAt(10_999)).toBe(11_000);
    expect(polled(client, 11_000)).toEqual(['connect']);
  });

  it('does not when the server is heard in time', () => {
    const client = connected();
    client.onSilence({ quietMs: 3_000, unansweredMs: 2_000 }, 3_000);
    client.onSilence({ quietMs: 100, unansweredMs: 0 }, 5_500);
    expect(polled(client, 7_000)).toEqual([]);
  });

  it('takes the session beside for its own, without another attempt', () => {
    const client = connected();
    client.onSilence({ quietMs: 3_000, unansweredMs: 3_000 }, 3_000);
    expect(polled(client, 5_000)).toEqual(['connect']);
    client.onConnected(5_200);
    expect(follow(client, 5_200, 15_199)).toEqual([]);
    // What was silent on the way forgets sooner than was thought: half of 20 s.
    expect(follow(client, 5_200, 15_201)).toEqual([[15_200, 'ping']]);
  });

  it('keeps in mind how soon translators on the way forget', () => {
    const client = connected();
    const intervals = [1, 2, 3].map((n) => {
      client.onConnected(1_000 * n);
      return client.keepalive.currentInterval;
    });
    expect(intervals).toEqual([10_000, 10_000, 10_000]);
    client.onSessionLost(5_000);
    client.onConnected(6_000);
    expect(client.keepalive.currentInterval).toBe(10_000);
  });

  it('does not count misses of the session before (G74)', () => {
    const client = connected();
    const seen = follow(client, 0, 30_000);
    expect(seen.at(-1)).toEqual([30_000, 'ping']);
    client.onSessionLost(31_000);
    expect(client.state).toBe(TunnelState.Reconnecting);
    expect(polled(client, 32_000)).toEqual(['connect']);
    client.onConnected(32_100);
    expect([client.state, client.keepalive.missedPongs]).toEqual([TunnelState.Connected, 0]);
    expect(follow(client, 32_100, 60_000)[0]).toEqual([52_100, 'ping']);
  });

  it('counts what came back, not the first session (G74)', () => {
    const client = connected();
    expect(client.reconnect.totalReconnects).toBe(0);
    client.onSessionLost(1_000);
    polled(client, 2_000);
    client.onConnected(2_500);
    expect(client.reconnect.totalReconnects).toBe(1);
    expect(client.reconnect.totalDowntime(9_000)).toBe(1_500);
  });

  it('fails with the refusal of an attempt beside it', () => {
    const client = connected();
    client.onSilence({ quietMs: 5_000, unansweredMs: 5_000 }, 5_000);
    expect(polled(client, 5_000)).toEqual(['connect']);
    client.onAttemptFailed(5_100, true);
    expect(client.state).toBe(TunnelState.Failed);
  });

  it('that is lost while an attempt beside it is under way waits for that one', () => {
    const client = connected();
    client.onSilence({ quietMs: 5_000, unansweredMs: 5_000 }, 5_000);
    polled(client, 5_000);
    client.onSessionLost(5_500);
    expect([polled(client, 60_000), client.nextAt(60_000)]).toEqual([[], Infinity]);
    client.onConnected(61_000);
    expect(client.state).toBe(TunnelState.Connected);
  });

  it('is lost once, and what is told of it afterwards changes nothing', () => {
    const client = connected();
    client.onSessionLost(40_000);
    const next = client.nextAt(40_000);
    client.onSessionLost(40_500);
    client.onSilence({ quietMs: 0, unansweredMs: 9_000 }, 40_600);
    client.onPong(40_700, 20);
    expect(client.nextAt(40_500)).toBe(next);
    expect(follow(client, 40_500, next)).toEqual([[next, 'connect']]);
  });
});

describe('a client whose machine slept or whose network changed', () => {
  it('asks at once, and connects beside the session after 0.7 s without an answer', () => {
    const client = connected();
    client.onSilence({ quietMs: 0, unansweredMs: 0 }, 9_000);
    client.onDisturbed(10_000);
    expect(polled(client, 10_000)).toEqual(['ping']);
    expect(client.nextAt(10_000)).toBe(10_700);
    expect(polled(client, 10_700)).toEqual(['connect']);
  });

  it('is not put at ease by what it had heard before', () => {
    const client = connected();
    client.onDisturbed(10_000);
    // Heard 0.2 s before, of which it is told only now.
    client.onSilence({ quietMs: 200, unansweredMs: 0 }, 10_000);
    expect(polled(client, 10_000)).toEqual(['ping']);
    client.onSilence({ quietMs: 900, unansweredMs: 700 }, 10_700);
    expect(polled(client, 10_700)).toEqual(['connect']);
  });

  it('stays when the server answers', () => {
    const client = connected();
    client.onDisturbed(10_000);
    polled(client, 10_000);
    client.onPong(10_300, 300);
    expect(polled(client, 11_000)).toEqual([]);
    client.onDisturbed(20_000);
    polled(client, 20_000);
    client.onSilence({ quietMs: 10, unansweredMs: 0 }, 20_200);
    expect(polled(client, 21_000)).toEqual([]);
  });

  it('does not wait out the time between two attempts', () => {
    const client = connected();
    client.onSilence({ quietMs: 5_000, unansweredMs: 5_000 }, 5_000);
    expect(polled(client, 5_000)).toEqual(['connect']);
    client.onAttemptFailed(5_100, false);
    client.onDisturbed(5_200);
    expect(polled(client, 5_200)).toEqual(['ping', 'connect']);
  });

  it('tries again at once when that came in mid-attempt, and once only', () => {
    const client = machine();
    client.start(0);
    for (let now = 0, tries = 0; tries < 5; now = client.nextAt(now)) {
      if (polled(client, now).length === 0) continue;
      client.onAttemptFailed(now, false);
      tries++;
    }
    const now = client.nextAt(100_000);
    expect(polled(client, now)).toEqual(['connect']);
    client.onDisturbed(now + 1_000);
    client.onAttemptFailed(now + 2_000, false);
    expect(polled(client, now + 2_000)).toEqual(['connect']);
    client.onAttemptFailed(now + 3_000, false);
    expect(polled(client, now + 3_000)).toEqual([]);
    expect(client.nextAt(now + 3_000)).toBeGreaterThan(now + 4_000);
  });

  it('connects at once when it was waiting, or loses the session soon after', () => {
    const waiting = machine();
    waiting.start(0);
    for (const now of [0, 1_000, 3_000]) {
      polled(waiting, now);
      waiting.onAttemptFailed(now, false);
    }
    expect(polled(waiting, 3_500)).toEqual([]);
    waiting.onDisturbed(3_500);
    expect(polled(waiting, 3_500)).toEqual(['connect']);

    const client = connected();
    client.onDisturbed(50_000);
    polled(client, 50_000);
    client.onSessionLost(50_100);
    expect(polled(client, 50_100)).toEqual(['connect']);
  });

  it('does not ask a session that was made afterwards', () => {
    const client = connected();
    client.onDisturbed(50_000);
    client.onSessionLost(50_000);
    expect(polled(client, 50_000)).toEqual(['connect']);
    client.onConnected(50_100);
    expect(polled(client, 50_100)).toEqual([]);
  });
});
