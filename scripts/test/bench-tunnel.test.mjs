import { describe, expect, it } from 'vitest';
import { CASES } from '../../bench/tunnel/cases.mjs';
import { summarise } from '../../bench/tunnel/summary.mjs';
import { judge } from '../../bench/tunnel/targets.mjs';

const PEERS = ['wireguard-go', 'openvpn', 'vcl-dgram', 'vcl'];
const [CLEAN, , LOSSY] = CASES;

/** Rounds of a case, by peer the Mbit/s of each; none is a peer whose rounds have failed. */
function caseOf(one, mbitByPeer) {
  const results = Object.entries(mbitByPeer).map(([peer, figures]) => [
    peer,
    { rounds: figures.map(roundOf), failures: figures.length === 0 ? ['no answer'] : [] },
  ]);
  return summarise(one, new Map(results));
}

function roundOf(mbitPerSecond) {
  return {
    mbitPerSecond,
    retransmits: 3,
    pingMs: 0.4,
    cpuSecondsPerGB: { client: 6, server: 5 },
    otherCores: 0,
    dropped: { lost: 9, full: 2, refused: 1 },
  };
}

function verdicts(cases, wanted = PEERS) {
  return judge(cases, wanted).map(({ what, value, isMet }) => [what, value, isMet]);
}

describe('the summary of the tunnels', () => {
  it('takes the median of the rounds, adds both sides up, and counts what the emulator had no room for', () => {
    const { name, peers } = caseOf(LOSSY, { vcl: [500, 900, 700] });
    expect(name).toBe('lossy');
    expect(peers[0]).toMatchObject({
      peer: 'vcl',
      mbitPerSecond: { median: 700, min: 500, max: 900 },
      cpuSecondsPerGB: { both: { median: 11 }, client: { median: 6 }, server: { median: 5 } },
      emulatorFull: 6,
      failures: [],
    });
  });

  it('keeps a peer without figures, with what went wrong', () => {
    const { peers } = caseOf(CLEAN, { vcl: [] });
    expect(peers).toEqual([{ peer: 'vcl', failures: ['no answer'] }]);
  });
});

describe('the targets of the tunnels', () => {
  const clean = { 'wireguard-go': [1000], openvpn: [1000], 'vcl-dgram': [790], vcl: [1400] };

  it('are met or missed by the ratio of the medians', () => {
    expect(verdicts([caseOf(CLEAN, clean)])).toEqual([
      ['offloads-off, vcl to wireguard-go', 1.4, false],
      ['offloads-off, vcl to openvpn', 1.4, true],
      ['offloads-off, vcl-dgram to openvpn', 0.79, false],
    ]);
  });

  it('compare with the better one under loss', () => {
    const lossy = caseOf(LOSSY, { 'wireguard-go': [500], openvpn: [400], vcl: [450] });
    expect(verdicts([lossy])).toEqual([
      ['lossy, vcl to the better of wireguard-go and openvpn', 0.9, true],
    ]);
  });

  it('stay open, and so are not met, without a figure of a peer that was wanted', () => {
    const lossy = caseOf(LOSSY, { 'wireguard-go': [500], openvpn: [], vcl: [450] });
    const [[, value, isMet]] = verdicts([lossy]);
    expect([value, isMet]).toEqual([undefined, false]);
    expect(verdicts([caseOf(CLEAN, { ...clean, vcl: [] })])[0]).toEqual([
      'offloads-off, vcl to wireguard-go',
      undefined,
      false,
    ]);
  });

  it('are none for cases and peers that were not wanted', () => {
    expect(verdicts([caseOf(CLEAN, clean)], ['wireguard-go', 'openvpn'])).toEqual([]);
    expect(verdicts([])).toEqual([]);
  });
});
