import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseControl, type Report } from '../../src/quic/pipe/control.js';
import {
  MAX_PAYLOAD_BYTES,
  MESSAGE_HEADER_BYTES,
  MessageKind,
} from '../../src/quic/pipe/message.js';
import { MessageReader, readUint32 } from '../../src/quic/pipe/message-reader.js';
import { MessageWriter } from '../../src/quic/pipe/message-writer.js';

class Sink {
  readonly writes: Uint8Array[] = [];
  writableLength = 0;

  get bytes(): Buffer {
    return Buffer.concat(this.writes);
  }

  write(bytes: Uint8Array): void {
    this.writes.push(bytes);
  }
}

interface Message {
  readonly kind: MessageKind;
  readonly id: number;
  readonly payload: Uint8Array;
}

const message = fc.record({
  kind: fc.constantFrom(...Object.values(MessageKind)),
  id: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

describe('pipe', () => {
  it('gives messages back as they were written, however the bytes are cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), cuts, (messages, sizes) => {
        const sink = new Sink();
        const writer = new MessageWriter(sink);
        for (const { kind, id, payload } of messages) writer.add(kind, id, payload);
        writer.flush();
        expect(readAll(sink.bytes, sizes)).toEqual(messages);
      }),
    );
  });

  it('puts the messages of a turn into one write', () => {
    const sink = new Sink();
    const writer = new MessageWriter(sink);
    for (let i = 0; i < 100; i++) writer.add(MessageKind.Stream, i, new Uint8Array(100));
    expect(writer.backlogBytes).toBe(100 * (100 + MESSAGE_HEADER_BYTES));
    writer.flush();
    expect(sink.writes).toHaveLength(1);
    expect(writer.backlogBytes).toBe(0);
  });

  it('carries payloads that are longer than a batch', () => {
    const sink = new Sink();
    const writer = new MessageWriter(sink);
    writer.add(MessageKind.Stream, 1, Uint8Array.of(1));
    writer.add(MessageKind.Stream, 2, new Uint8Array(200_000).fill(7));
    writer.flush();
    const [, long] = readAll(sink.bytes, [65_536]);
    expect(Buffer.alloc(200_000, 7).equals(long?.payload ?? Buffer.alloc(0))).toBe(true);
  });

  it('leaves by itself at the end of the turn', async () => {
    const sink = new Sink();
    new MessageWriter(sink).add(MessageKind.Heartbeat, 0, new Uint8Array(0));
    expect(sink.writes).toHaveLength(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sink.writes).toHaveLength(1);
  });

  it('writes a record behind its length, and credit as a number', () => {
    const sink = new Sink();
    const writer = new MessageWriter(sink);
    writer.addRecord(7, new Uint8Array(258));
    writer.addCredit(8, 0xdead_beef);
    writer.flush();
    const [record, credit] = readAll(sink.bytes, [1_000]);
    expect([...(record?.payload.subarray(0, 2) ?? [])]).toEqual([1, 2]);
    expect(record?.payload).toHaveLength(260);
    expect(readUint32(credit?.payload ?? new Uint8Array(4), 0)).toBe(0xdead_beef);
  });

  it('refuses a message that is too long, in one piece or in several', () => {
    const header = Buffer.alloc(MESSAGE_HEADER_BYTES);
    header.writeUInt32BE(MAX_PAYLOAD_BYTES + 1);
    expect(new MessageReader(() => undefined).push(header)).toBe(false);
    const cut = new MessageReader(() => undefined);
    expect(cut.push(header.subarray(0, 3))).toBe(true);
    expect(cut.push(header.subarray(3)) && cut.push(Buffer.alloc(1))).toBe(false);
  });

  it('carries control messages, and makes nothing of what is none', () => {
    const sink = new Sink();
    const writer = new MessageWriter(sink);
    writer.addControl(3, { event: 'closed', reason: 'why' });
    writer.flush();
    const [control] = readAll(sink.bytes, [1_000]);
    const report = parseControl<Report>(control?.payload ?? new Uint8Array(0));
    expect(report).toEqual({ event: 'closed', reason: 'why' });
    expect(parseControl<Report>(Buffer.from('{'))).toBeUndefined();
  });
});

function readAll(bytes: Buffer, sizes: readonly number[]): Message[] {
  const read: Message[] = [];
  const reader = new MessageReader((kind, id, payload) => {
    read.push({ kind: kind as MessageKind, id, payload: Uint8Array.from(payload) });
  });
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    expect(reader.push(bytes.subarray(at, at + size))).toBe(true);
    at += size;
  }
  return read;
}
