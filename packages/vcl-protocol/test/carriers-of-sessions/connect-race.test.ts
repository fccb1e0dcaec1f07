import { VCLError } from '@vcl-protocol/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CarrierDialer } from '../../src/carriers/carrier-dialer.js';
import { CarrierHub } from '../../src/carriers/carrier-hub.js';
import { ConnectRace, type WonBy } from '../../src/connect-race.js';
import type { Station } from '../../src/station.js';
import {
  FakeConnection,
  FakeDatagrams,
  FakeDials,
  FakeLink,
  fakeDriver,
  useFakeClock,
  ways,
} from './fakes.js';

type Attempt = Parameters<ConnectRace['onServerKey']>[0];
type Remote = Parameters<Station['connect']>[0];

const UDP = { address: '10.0.0.2', port: 443 };
const UDP6 = { address: '2001:db8::2', port: 443 };
const KEY = new Uint8Array(32).fill(7);

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** What was put off to a turn of its own has happened. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A station that writes down whom it was to say hello to. */
class FakeStation {
  readonly hub = new CarrierHub({ datagrams: new FakeDatagrams(), local: UDP });
  readonly attempts: { readonly attempt: Attempt; readonly remote: Remote }[] = [];
  readonly dropped: Attempt[] = [];
  readonly accepted: Attempt[] = [];
  readonly driver = {
    ...fakeDriver,
    now: () => performance.now(),
    schedule() {},
    lastTrouble: undefined as Error | undefined,
    endpoint: { acceptServer: (attempt: Attempt) => this.accepted.push(attempt) },
  };

  connect(remote: Remote): Attempt {
    const attempt = {} as Attempt;
    this.attempts.push({ attempt, remote });
    return attempt;
  }

  drop(attempt: Attempt): void {
    this.dropped.push(attempt);
  }

  /** The attempt at this address. */
  at(remote: Remote): Attempt {
    const found = this.attempts.find((one) => one.remote === remote);
    if (found === undefined) throw new Error('no hello went there');
    return found.attempt;
  }
}

function makeRace(candidates: readonly Remote[], ...schemes: Parameters<typeof ways>) {
  const station = new FakeStation();
  const dials = new FakeDials();
  const won: WonBy[] = [];
  const race = new ConnectRace({
    station: station as unknown as Station,
    candidates,
    dialer: new CarrierDialer(ways(...schemes), dials.dial),
    to: {},
    decide: async () => true,
    onConnected: (_connection, by) => won.push(by),
  });
  const stop = new AbortController();
  const outcome = race.run(stop.signal).then(
    () => 'connected',
    (error: unknown) => error,
  );
  return { race, station, dials, won, stop, outcome };
}

const connection = new FakeConnection().asConnection;

describe('ConnectRace', () => {
  it('says hello on no carrier while datagrams have their first 250 ms', async () => {
    const { dials, station } = makeRace([UDP], 'tcp');
    await later(100);
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await later(100);
    expect(station.attempts.map(({ remote }) => remote)).toEqual([UDP]);
    await later(50);
    expect(station.attempts.map(({ remote }) => remote)).toEqual([UDP, link.remote]);
  });

  it('destroys carriers that were connected in vain when datagrams answer', async () => {
    const { dials, station, race, won, outcome } = makeRace([UDP], 'tcp', 'ws');
    await later(100);
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await later(10);
    race.onServerKey(station.at(UDP), KEY);
    await later(5_000);
    expect(link.ended).toBe('destroyed');
    expect(dials.calls).toHaveLength(1);
    expect(station.attempts).toHaveLength(1);
    race.onConnected(connection, station.at(UDP));
    expect(await outcome).toBe('connected');
    expect(won).toEqual([{ link: undefined, way: undefined }]);
  });

  it('drops all others once one server has shown its key, which alone is decided on', async () => {
    const { dials, station, race } = makeRace([UDP], 'tcp', 'ws');
    await later(60);
    const [first, second] = [new FakeLink(), new FakeLink()];
    dials.calls[0]?.resolve(first);
    await later(300);
    dials.calls[1]?.resolve(second);
    await later(300);
    expect(station.attempts).toHaveLength(3);
    race.onServerKey(station.at(first.remote), KEY);
    race.onServerKey(station.at(UDP), KEY);
    await turn();
    expect(station.accepted).toEqual([station.at(first.remote)]);
    expect(station.dropped).toEqual([station.at(UDP), station.at(second.remote)]);
    expect([first.ended, second.ended]).toEqual([undefined, 'closed']);
  });

  it('tells which carrier and which way has won, and keeps that one', async () => {
    const { dials, station, race, won, outcome } = makeRace([], 'ws');
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await later(0);
    race.onServerKey(station.at(link.remote), KEY);
    race.onConnected(connection, station.at(link.remote));
    expect(await outcome).toBe('connected');
    expect(won[0]?.link).toBe(link);
    expect(won[0]?.way?.scheme).toBe('ws');
    expect(link.ended).toBeUndefined();
  });

  it('tries a further address every 250 ms, or when one has failed', async () => {
    const { station, race } = makeRace([UDP, UDP6]);
    await later(249);
    expect(station.attempts).toHaveLength(1);
    await later(1);
    expect(station.attempts).toHaveLength(2);
    const other = makeRace([UDP, UDP6]);
    other.race.onFailed(other.station.at(UDP), new VCLError('Timeout', 'silent'));
    expect(other.station.attempts).toHaveLength(2);
    expect(race).not.toBe(other.race);
  });

  it('goes on while a carrier may still come, and fails when none may', async () => {
    const { dials, station, race, outcome } = makeRace([UDP], 'tcp');
    await later(60);
    race.onFailed(station.at(UDP), new VCLError('Timeout', 'silent'));
    await later(1_000);
    const error = new VCLError('IoError', 'refused');
    dials.calls[0]?.reject(error);
    expect(await outcome).toBe(error);
  });

  it('says what the system said about datagrams that were not answered', async () => {
    const { station, race, outcome } = makeRace([UDP]);
    station.driver.lastTrouble = new Error('ECONNREFUSED');
    race.onFailed(station.at(UDP), new VCLError('Timeout', 'silent'));
    expect(String(await outcome)).toContain('ECONNREFUSED');
  });

  it('fails when its only carrier is lost in the handshake', async () => {
    const { dials, outcome, station } = makeRace([], 'tcp');
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await later(0);
    link.lose(new Error('reset'));
    expect(String(await outcome)).toContain('closed during the handshake (reset)');
    expect(station.dropped).toHaveLength(1);
  });

  it('goes on with datagrams when a carrier is lost in the handshake', async () => {
    const { dials, outcome, station, race } = makeRace([UDP], 'tcp');
    await later(60);
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await later(250);
    link.lose();
    race.onServerKey(station.at(UDP), KEY);
    race.onConnected(connection, station.at(UDP));
    expect(await outcome).toBe('connected');
  });

  it('leaves nothing behind when it is given up', async () => {
    const { dials, outcome, station, stop } = makeRace([UDP], 'tcp', 'ws');
    await later(60);
    const spoken = new FakeLink();
    dials.calls[0]?.resolve(spoken);
    await later(250);
    const waiting = new FakeLink();
    dials.calls[1]?.resolve(waiting);
    await later(10);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await outcome).toBe(reason);
    expect(station.dropped).toHaveLength(2);
    await turn();
    expect([spoken.ended, waiting.ended]).toEqual(['closed', 'destroyed']);
    await later(5_000);
    expect(station.attempts).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});
