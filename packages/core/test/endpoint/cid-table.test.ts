import { describe, expect, it } from 'vitest';
import { CidTable, type RecordSink } from '../../src/endpoint/cid-table.js';
import { provider } from '../handshake/support.js';

const SINK: RecordSink = { handleRecord: () => {} };

describe('the table of connection ids', () => {
  it('finds the sink and the path of an id wherever it stands in a record', () => {
    const table = new CidTable(provider(1));
    const cid = table.issue(SINK, 3);
    const record = new Uint8Array(30);
    record.set(cid, 1);
    expect(table.lookup(record, 1)).toEqual({ sink: SINK, pathId: 3 });
    expect(table.lookup(record, 2)).toBeUndefined();
  });

  it('leads an id elsewhere and forgets it', () => {
    const table = new CidTable(provider(1));
    const cid = table.issue(SINK, 0);
    const other: RecordSink = { handleRecord: () => {} };
    table.redirect(cid, other);
    expect(table.lookup(cid, 0)?.sink).toBe(other);
    table.remove(cid);
    table.redirect(cid, SINK);
    expect([table.lookup(cid, 0), table.size]).toEqual([undefined, 0]);
  });

  it('never gives two ids that agree in their last six bytes', () => {
    let draw = 0;
    const crypto = {
      ...provider(1),
      // Every value comes three times, with other bytes in front.
      randomBytes: (out: Uint8Array) => {
        out.fill(Math.floor(draw / 3));
        out[0] = draw++;
      },
    };
    const table = new CidTable(crypto);
    const tails = Array.from({ length: 50 }, () => table.issue(SINK, 0).subarray(2).join());
    expect(new Set(tails).size).toBe(50);
  });
});
