import { expect, it } from 'vitest';
import type { OutgoingLanes } from '../../src/connection/outgoing-lanes.js';
import { PacketOutlet } from '../../src/connection/packet-outlet.js';
import { PacketBuilder } from '../../src/message/packet-builder.js';
import { LANE_LOSSY } from '../../src/message/reliability.js';
import { SentPacket } from '../../src/recovery/sent-packet.js';
import { sending } from '../message/sending-support.js';

const BYTES = 100;

it('a message of many packets keeps to the credit, not only its first packet', () => {
  const { lane: lossy } = sending(LANE_LOSSY, 2 * BYTES + 50);
  const outlet = new PacketOutlet({
    peek: () => BYTES,
    write: (_, start, limit) => limit - start - ((limit - start) % BYTES),
    read() {},
    onPersistentCongestion() {},
  });
  const appendPacket = () => new Uint8Array(32);
  outlet.attach({ lossy, appendPacket } as unknown as OutgoingLanes);
  const builder = new PacketBuilder();
  builder.begin(new Uint8Array(1_500), 0, 1_500, 1_420);
  expect(outlet.peek(0)).toBe(BYTES);
  expect(outlet.write(builder, new SentPacket(), 0)).toBe(true);
  expect(lossy.credit.bytesLeft).toBe(50);
  expect(outlet.peek(0)).toBe(0);
});
