import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlReceiver, ControlSender } from '../../src/connection/control-stream.js';
import { PacketBuilder } from '../../src/message/packet-builder.js';
import { SentPacket } from '../../src/recovery/sent-packet.js';
import { ControlFrame, decodeControl } from '../../src/wire/frames/control-frame.js';
import { Reader } from '../../src/wire/reader.js';
import { bytes } from '../message/support.js';

/** SPEC 6.3. */
const CONTROL_WINDOW_BYTES = 65_536;

/** Control frames of one packet with what the sender is told about them later. */
interface Sent {
  readonly frames: readonly { readonly offset: number; readonly data: Uint8Array }[];
  readonly packet: SentPacket;
  readonly repeats: boolean;
}

function write(sender: ControlSender, room = 300): Sent {
  const buffer = new Uint8Array(room);
  const builder = new PacketBuilder();
  const packet = new SentPacket();
  builder.begin(buffer, 0, room, 0);
  sender.write(builder, packet);
  const reader = new Reader().reset(buffer, 0, builder.end);
  const frames = [];
  while (reader.remaining > 0) {
    reader.varint();
    const frame = new ControlFrame();
    if (!decodeControl(reader, frame)) throw new Error('a frame does not decode');
    frames.push({ offset: frame.offset, data: frame.data.slice() });
  }
  return { frames, packet, repeats: builder.repeats };
}

function settle(sender: ControlSender, { packet }: Sent, fate: 'acked' | 'lost'): void {
  for (let i = 0; i < packet.frameCount; i++) {
    const [start, end] = [packet.frameStarts[i]!, packet.frameEnds[i]!];
    if (fate === 'acked') sender.onAcked(start, end);
    else sender.onLost(start, end);
  }
}

/** A receiver that collects what is in order. */
function receiving() {
  const receiver = new ControlReceiver();
  const out: number[] = [];
  const handle = (offset: number, data: Uint8Array): string =>
    receiver.handle(offset, data, (ready) => out.push(...ready));
  return { handle, out };
}

describe('the control stream', () => {
  it('arrives whole and in order, whatever is lost, late or repeated', () => {
    const step = fc.record({
      append: fc.nat(400),
      room: fc.integer({ min: 30, max: 300 }),
      fate: fc.constantFrom('acked', 'acked', 'lost', 'late'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const sender = new ControlSender();
        const { handle, out } = receiving();
        const all: number[] = [];
        const late: Sent[] = [];
        const arrive = (sent: Sent): void => {
          for (const { offset, data } of sent.frames) {
            expect(handle(offset, data)).not.toBe('overflow');
          }
          settle(sender, sent, 'acked');
        };
        const turn = (room: number, fate: string): void => {
          const sent = write(sender, room);
          if (fate === 'acked') arrive(sent);
          else settle(sender, sent, 'lost');
          if (fate === 'late') late.push(sent);
        };
        for (const { append, room, fate } of steps) {
          const more = bytes(append, all.length);
          all.push(...more);
          sender.append(more);
          turn(room, fate);
          if (late.length > 2) arrive(late.shift()!);
        }
        for (const sent of late) arrive(sent);
        while (sender.wantsToWrite) turn(300, 'acked');
        expect(out).toEqual(all);
        expect([sender.settled, sender.backlog]).toEqual([all.length, 0]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the sender of the control stream', () => {
  it('stops at its window until the beginning is acknowledged', () => {
    const sender = new ControlSender();
    sender.append(bytes(CONTROL_WINDOW_BYTES + 100));
    const first = write(sender, 1_000);
    let last = first;
    while (sender.wantsToWrite) last = write(sender, 1_000);
    const { offset, data } = last.frames[0]!;
    expect(offset + data.length).toBe(CONTROL_WINDOW_BYTES);
    settle(sender, last, 'acked');
    expect(sender.wantsToWrite).toBe(false);
    settle(sender, first, 'acked');
    expect(write(sender).frames).toMatchObject([{ offset: CONTROL_WINDOW_BYTES }]);
  });

  it('sends again what was lost before anything new, and only what is missing', () => {
    const sender = new ControlSender();
    sender.append(bytes(500));
    const [one, two, three] = [write(sender, 100), write(sender, 100), write(sender, 100)];
    settle(sender, two, 'acked');
    sender.onLost(0, three.packet.frameEnds[0]!);
    const { frames, repeats } = write(sender, 1_000);
    expect(repeats).toBe(true);
    expect(frames.map(({ offset }) => offset)).toEqual([
      0,
      three.packet.frameStarts[0],
      three.packet.frameEnds[0],
    ]);
    expect(frames[0]?.data).toEqual(one.frames[0]?.data);
    expect(write(sender).repeats).toBe(false);
  });

  it('forgets a loss that comes after the acknowledgement', () => {
    const sender = new ControlSender();
    sender.append(bytes(50));
    const sent = write(sender);
    settle(sender, sent, 'acked');
    settle(sender, sent, 'lost');
    expect(sender.wantsToWrite).toBe(false);
  });

  it('does not send splinters while more follows', () => {
    const sender = new ControlSender();
    sender.append(bytes(100));
    expect(write(sender, 15).frames).toEqual([]);
  });
});

describe('the receiver of the control stream', () => {
  it('takes nothing beyond its window', () => {
    const { handle } = receiving();
    expect(handle(CONTROL_WINDOW_BYTES - 10, bytes(10))).toBe('ok');
    expect(handle(CONTROL_WINDOW_BYTES - 10, bytes(11))).toBe('overflow');
  });

  it('moves its window with what it processed', () => {
    const { handle, out } = receiving();
    for (let at = 0; at < 300_000; at += 1_000) {
      expect(handle(at + 500, bytes(500, at + 500))).toBe('ok');
      expect(handle(at, bytes(500, at))).toBe('ok');
    }
    expect(out).toHaveLength(300_000);
    expect(handle(100_000, bytes(1_000))).toBe('duplicate');
  });

  it('takes the new part of a piece that it has in part', () => {
    const { handle, out } = receiving();
    handle(0, bytes(10));
    handle(5, bytes(10, 35));
    expect(out).toEqual([...bytes(15)]);
  });

  it('does not collect more splinters than an honest sender makes', () => {
    const { handle } = receiving();
    let pieces = 0;
    while (handle(2 * pieces + 1, bytes(1)) === 'ok') pieces++;
    expect(pieces).toBe(1_024);
  });
});
