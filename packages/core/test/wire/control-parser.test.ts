import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlParser, controlMessage } from '../../src/wire/control-messages.js';
import { fromHex, toHex } from './hex.js';

const types = fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0x40, max: 0xff }));
const messages = fc.array(fc.record({ type: types, body: fc.uint8Array({ maxLength: 300 }) }), {
  maxLength: 12,
});

describe('ControlParser', () => {
  it('gives the same messages however the stream is cut, ignored types left out', () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 200 }), (list, step) => {
        const stream = list.flatMap(({ type, body }) => [...controlMessage(type, body)]);
        const parser = new ControlParser();
        const got: string[] = [];
        for (let at = 0; at < stream.length; at += step) {
          parser.push(Uint8Array.from(stream.slice(at, at + step)));
          got.push(...drained(parser));
        }
        const expected = list.filter(({ type }) => type < 0x40);
        expect(got).toEqual(expected.map(({ type, body }) => `${type} ${toHex(body)}`));
        expect(parser.pendingBytes).toBe(0);
      }),
    );
  });

  it('gives the same messages when all of them wait before the first is taken', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const parser = new ControlParser();
        for (const { type, body } of list) parser.push(controlMessage(type, body));
        expect(drained(parser)).toHaveLength(list.filter(({ type }) => type < 0x40).length);
      }),
    );
  });

  it('waits for the rest of a message', () => {
    const parser = new ControlParser();
    for (const hex of ['', '06', '02', 'aa']) {
      parser.push(fromHex(hex));
      expect(parser.next()).toBeUndefined();
    }
    expect(parser.pendingBytes).toBe(3);
    parser.push(fromHex('bb'));
    expect(parser.next()).toEqual({ type: 6, body: fromHex('aabb') });
    expect(parser.next()).toBeUndefined();
  });

  it('gives bodies of their own', () => {
    const parser = new ControlParser();
    const stream = fromHex('0602aabb');
    parser.push(stream);
    const message = parser.next();
    stream.fill(0);
    parser.push(fromHex('0602ccdd'));
    parser.next();
    expect(message).toEqual({ type: 6, body: fromHex('aabb') });
  });

  it.each([
    ['type 0', '0000'],
    ['a type between the assigned and the ignored ones', '0a00'],
    ['the last of these', '3f00'],
    ['a body of 16,385 bytes', '0180004001'],
    ['an ignored body of 16,385 bytes', '4080004001'],
    ['a length of 2^53', '01c020000000000000'],
  ])('is malformed, for good, at %s', (_, hex) => {
    const parser = new ControlParser();
    parser.push(fromHex(`0601aa${hex}`));
    expect(parser.next()).toEqual({ type: 6, body: fromHex('aa') });
    expect(parser.next()).toBe('malformed');
    parser.push(fromHex('0601aa'));
    expect(parser.next()).toBe('malformed');
    expect(parser.pendingBytes).toBe(0);
  });

  it('takes a body of 16,384 bytes', () => {
    const parser = new ControlParser();
    const body = new Uint8Array(16_384).fill(7);
    parser.push(controlMessage(4, body));
    expect(parser.next()).toEqual({ type: 4, body });
  });

  it('neither throws nor loops on random bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (pieces) => {
        const parser = new ControlParser();
        let pushed = 0;
        let given = 0;
        for (const piece of pieces) {
          parser.push(piece);
          pushed += piece.length;
          given += drained(parser).length;
        }
        expect(2 * given + parser.pendingBytes).toBeLessThanOrEqual(pushed);
      }),
    );
  });
});

function drained(parser: ControlParser): string[] {
  const got: string[] = [];
  for (;;) {
    const message = parser.next();
    if (message === undefined || message === 'malformed') return got;
    got.push(`${message.type} ${toHex(message.body)}`);
  }
}
