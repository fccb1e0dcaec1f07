import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RttEstimator } from '../../src/recovery/rtt.js';

describe('RttEstimator', () => {
  it('starts from the value the handshake gave', () => {
    const rtt = new RttEstimator(80);
    expect(rtt.hasSample).toBe(false);
    expect(rtt.smoothed).toBe(80);
    expect(rtt.variance).toBe(40);
    expect(rtt.ptoMs(25)).toBe(80 + 160 + 25);
  });

  it('assumes 333 ms when nothing is known', () => {
    expect(new RttEstimator().smoothed).toBe(333);
  });

  it('is set wholly by the first sample', () => {
    const rtt = new RttEstimator(500);
    rtt.update(60, 20, 1_000);
    expect(rtt.hasSample).toBe(true);
    expect(rtt.firstSampleAt).toBe(1_000);
    expect(rtt.smoothed).toBe(60);
    expect(rtt.variance).toBe(30);
    expect(rtt.min).toBe(60);
    expect(rtt.latest).toBe(60);
  });

  it('takes the ACK delay out of a sample, but never below the minimum', () => {
    const rtt = new RttEstimator();
    rtt.update(60, 0, 0);
    rtt.update(80, 20, 1);
    expect(rtt.smoothed).toBe(60);
    rtt.update(70, 20, 2);
    expect(rtt.smoothed).toBe(60 + 10 / 8);
    expect(rtt.min).toBe(60);
  });

  it('smooths as the RFC says', () => {
    const rtt = new RttEstimator();
    rtt.update(100, 0, 0);
    rtt.update(140, 0, 1);
    expect(rtt.variance).toBe(0.75 * 50 + 0.25 * 40);
    expect(rtt.smoothed).toBe(0.875 * 100 + 0.125 * 140);
  });

  it('keeps a granularity of 2 ms in the PTO of a steady path', () => {
    const rtt = new RttEstimator();
    for (let sample = 0; sample < 200; sample++) rtt.update(10, 0, sample);
    expect(rtt.ptoMs(25)).toBeCloseTo(10 + 2 + 25, 6);
  });

  it('ignores a sample that is no time', () => {
    const rtt = new RttEstimator(50);
    rtt.update(Number.NaN, 0, 0);
    rtt.update(-1, 0, 0);
    expect(rtt.hasSample).toBe(false);
  });

  it('restarts the minimum from the latest sample', () => {
    const rtt = new RttEstimator();
    rtt.update(10, 0, 0);
    rtt.update(90, 0, 1);
    rtt.restartMin();
    expect(rtt.min).toBe(90);
  });

  it('forgets the samples of another path', () => {
    const rtt = new RttEstimator(70);
    rtt.update(10, 0, 0);
    rtt.reset();
    expect(rtt.hasSample).toBe(false);
    expect(rtt.smoothed).toBe(70);
    rtt.reset(30);
    expect(rtt.smoothed).toBe(30);
  });

  it('agrees with the formulas of RFC 9002 5.3 written out', () => {
    const sample = fc.tuple(
      fc.double({ min: 0, max: 5_000, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 60 }), (samples) => {
        const rtt = new RttEstimator();
        let srtt = samples[0]![0];
        let rttvar = srtt / 2;
        let min = srtt;
        samples.forEach(([latest, delay], index) => {
          rtt.update(latest, delay, index);
          if (index === 0) return;
          min = Math.min(min, latest);
          const adjusted = latest >= min + delay ? latest - delay : latest;
          rttvar = 0.75 * rttvar + 0.25 * Math.abs(srtt - adjusted);
          srtt = 0.875 * srtt + 0.125 * adjusted;
        });
        expect(rtt.smoothed).toBeCloseTo(srtt, 6);
        expect(rtt.variance).toBeCloseTo(rttvar, 6);
        expect(rtt.min).toBe(min);
      }),
    );
  });
});
