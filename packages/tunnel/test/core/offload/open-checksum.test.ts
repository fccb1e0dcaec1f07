import { describe, expect, it } from 'vitest';
import { completeOpenChecksum } from '../../../src/core/offload/open-checksum.js';
import {
  NEEDS_CHECKSUM,
  setVirtioField,
  VirtioField,
} from '../../../src/core/offload/virtio-header.js';
import { counting, naiveSum, plainFrame } from './segments.js';

const HEADER_VALID = 2;

/** A frame whose checksum begins at byte `start` of its packet and stands `offset` behind that. */
function frameOf(packet: Uint8Array, start: number, offset: number): Uint8Array {
  const frame = plainFrame(packet);
  frame[VirtioField.flags] = NEEDS_CHECKSUM | HEADER_VALID;
  setVirtioField(frame, VirtioField.checksumStart, start);
  setVirtioField(frame, VirtioField.checksumOffset, offset);
  return frame;
}

describe('a checksum that the system left open', () => {
  it.each([
    [0, 0],
    [20, 16],
    [33, 6],
    [40, 58],
  ])('is completed from byte %d on, at %d, and the frame says so', (start, offset) => {
    const packet = counting(100);
    const frame = frameOf(packet, start, offset);
    expect(completeOpenChecksum(frame, frame.length)).toBe(true);
    const completed = packet.slice();
    const sum = 0xffff - naiveSum(packet.subarray(start));
    completed.set([sum >> 8, sum & 255], start + offset);
    expect(frame.subarray(10)).toEqual(completed);
    expect(frame[VirtioField.flags]).toBe(HEADER_VALID);
  });

  it('is never the zero that means none to UDP', () => {
    const frame = frameOf(Uint8Array.of(0xff, 0xff, 0, 0), 0, 2);
    expect(completeOpenChecksum(frame, frame.length)).toBe(true);
    expect([...frame.subarray(10)]).toEqual([0xff, 0xff, 0xff, 0xff]);
  });

  it.each([
    [98, 1],
    [0, 99],
    [60_000, 60_000],
  ])('is left open where its place is behind the end: from %d on, at %d', (start, offset) => {
    // What is in the memory behind the frame belongs to nobody.
    const memory = new Uint8Array(200).fill(0xa5);
    memory.set(frameOf(counting(100), start, offset));
    const before = memory.slice();
    expect(completeOpenChecksum(memory, 110)).toBe(false);
    expect(memory).toEqual(before);
  });
});
