import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketBuilder } from '../../src/message/packet-builder.js';
import { encodePadding } from '../../src/wire/frames/bare-frames.js';
import { builder, bytes, messagesIn, outgoing } from './support.js';

const START = 10;

function plaintext(made: PacketBuilder, buffer: Uint8Array): Uint8Array {
  return buffer.subarray(START, made.end);
}

describe('a packet builder', () => {
  it('spends three bytes on a message that is alone in its record', () => {
    const buffer = new Uint8Array(200);
    const made = new PacketBuilder();
    made.begin(buffer, START, 200, 1_200);
    const message = outgoing(50);
    message.n = 0x1_2345;
    made.message(message, 0, 50);
    expect(made.end - START).toBe(53);
    expect(messagesIn(plaintext(made, buffer))).toMatchObject([
      { whole: true, n16: 0x2345, data: bytes(50) },
    ]);
  });

  it('slips the length of a message in when another frame follows', () => {
    const buffer = new Uint8Array(400);
    const made = new PacketBuilder();
    made.begin(buffer, START, 400, 1_200);
    for (const [n, length] of [
      [0, 70],
      [1, 5],
      [2, 0],
    ] as const) {
      const message = outgoing(length);
      message.n = n;
      made.message(message, 0, length);
    }
    made.frame(true).u8(0x0d);
    const frames = messagesIn(plaintext(made, buffer));
    expect(frames.map(({ n16, data }) => [n16, data.length])).toEqual([
      [0, 70],
      [1, 5],
      [2, 0],
    ]);
    expect(frames[0]?.data).toEqual(bytes(70));
    // 70 needs a length of two bytes, the others one.
    expect(made.end - START).toBe(3 + 2 + 70 + 3 + 1 + 5 + 3 + 1 + 1);
  });

  it('counts the length that its last message would need against the room', () => {
    const made = builder(100);
    expect(made.room).toBe(100);
    const message = outgoing(80);
    message.n = 0;
    made.message(message, 0, 80);
    expect(made.room).toBe(100 - 83 - 2);
    made.frame(false);
    expect(made.room).toBe(100 - 85);
  });

  it('lets no record carry more payload than was asked for', () => {
    const made = builder(2_000, 100);
    expect(made.payloadRoom(3)).toBe(100);
    const message = outgoing(60);
    message.n = 0;
    made.message(message, 0, 60);
    expect(made.payloadRoom(3)).toBe(40);
    expect(made.payloadBytes).toBe(60);
  });

  it('says whether anything in it asks for an acknowledgement or was sent before', () => {
    const made = builder(100);
    made.frame(false).u8(0);
    expect(made.ackEliciting).toBe(false);
    made.frame(true).u8(1);
    expect(made.ackEliciting).toBe(true);
    made.repeats = true;
    made.begin(new Uint8Array(50), 0, 50, 50);
    expect([made.ackEliciting, made.repeats, made.isEmpty]).toEqual([false, false, true]);
  });

  it('pads to a length and no further', () => {
    const buffer = new Uint8Array(60);
    const made = new PacketBuilder();
    made.begin(buffer, START, 60, 50);
    made.pad(3);
    expect(made.end - START).toBe(3);
    made.pad(2);
    expect(made.end - START).toBe(3);
  });

  it('reads back whatever was put in, in any mixture', () => {
    const part = fc.record({
      length: fc.nat(200),
      kind: fc.constantFrom(0, 0, 7, 65_535),
      padding: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const buffer = new Uint8Array(3_000);
        const made = new PacketBuilder();
        made.begin(buffer, START, 3_000, 65_000);
        parts.forEach(({ length, kind, padding }, n) => {
          const message = outgoing(length, { kind });
          message.n = n;
          made.message(message, 0, length);
          for (let i = 0; i < padding; i++) encodePadding(made.frame(false), 1);
        });
        const frames = messagesIn(plaintext(made, buffer));
        expect(frames).toHaveLength(parts.length);
        frames.forEach((frame, n) => {
          const { length, kind } = parts[n]!;
          expect(frame).toMatchObject({ whole: true, n16: n, kind, data: bytes(length) });
        });
      }),
    );
  });
});
