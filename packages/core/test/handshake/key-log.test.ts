import { describe, expect, it } from 'vitest';
import { epochKeyLog, KeyLogLabel, keyLogLine } from '../../src/handshake/key-log.js';
import { toHex } from '../wire/hex.js';
import { handshake, OPEN, provider } from './support.js';

describe('the key log', () => {
  it('has a line of label, id, epoch and secret', () => {
    const id = new Uint8Array(32).fill(0xab);
    const secret = Uint8Array.of(0, 1, 0xff);
    const entry = { label: KeyLogLabel.DataClient, id, epoch: 12, secret };
    expect(keyLogLine(entry)).toBe(`VCL1_DATA_C ${'ab'.repeat(32)} 12 0001ff`);
  });

  it('of a handshake is the same on both sides and names each secret once', () => {
    const { clientResult, serverResult } = handshake({ keyLog: true }, { keyLog: true });
    const lines = clientResult.keyLogLines ?? [];
    expect(serverResult.keyLogLines).toEqual(lines);
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual(
      Object.values(KeyLogLabel).sort(),
    );
    for (const line of lines) expect(line).toMatch(/^VCL1_[A-Z_]+ [0-9a-f]{64} 0 [0-9a-f]{64}$/);
  });

  it('is found by the random of the client first and by the session later', () => {
    const { clientResult, helloFlight } = handshake({ keyLog: true });
    const random = toHex(helloFlight.subarray(3, 35));
    const ids = new Map((clientResult.keyLogLines ?? []).map((line) => idOf(line)));
    for (const label of ['VCL1_OUTER', 'VCL1_EARLY', 'VCL1_HS_C', 'VCL1_HS_S']) {
      expect(ids.get(label)).toBe(random);
    }
    for (const label of ['VCL1_HP_C', 'VCL1_HP_S', 'VCL1_DATA_C', 'VCL1_DATA_S']) {
      expect(ids.get(label)).toBe(toHex(clientResult.sid));
    }
  });

  it('shows the secrets that are in use', () => {
    const { clientResult } = handshake({ keyLog: true });
    const text = (clientResult.keyLogLines ?? []).join('\n');
    const { epoch0, hpKeys } = clientResult;
    for (const secret of [OPEN.secret, ...hpKeys, epoch0.directionSecret(1)]) {
      expect(text).toContain(toHex(secret));
    }
    const next = epoch0.next(provider(), new Uint8Array(), new Uint8Array(), new Uint8Array(32));
    const sid = toHex(clientResult.sid);
    expect(epochKeyLog(clientResult.sid, next)).toEqual([
      `VCL1_DATA_C ${sid} 1 ${toHex(next.directionSecret(0))}`,
      `VCL1_DATA_S ${sid} 1 ${toHex(next.directionSecret(1))}`,
    ]);
  });
});

function idOf(line: string): [string, string] {
  const [label = '', id = ''] = line.split(' ');
  return [label, id];
}
