// Reads captures in the format of libpcap, as tcpdump writes them.
import { readFileSync } from 'node:fs';

const MAGIC = 0xa1b2c3d4;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_HEADER_BYTES = 14;
const ETHERNET = 1;

/**
 * Reads the frames of a capture.
 *
 * @param {string} file of a cable of Ethernet
 * @returns {{ number: number, isIp: boolean, packet: Uint8Array }[]} numbered as in Wireshark, from 1
 */
export function readCapture(file) {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(20) !== ETHERNET) {
    throw new Error('the capture is none of Ethernet in the byte order of this machine');
  }
  const frames = [];
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    const frame = bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length);
    const type = frame.readUInt16BE(12);
    const isIp = type === 0x0800 || type === 0x86dd;
    const packet = Uint8Array.from(frame.subarray(ETHERNET_HEADER_BYTES));
    frames.push({ number: frames.length + 1, isIp, packet });
    at += RECORD_HEADER_BYTES + length;
  }
  return frames;
}

/** A capture file that holds these packets. @param {Uint8Array[]} packets of IPv4 or IPv6 */
export function captureOf(packets) {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(ETHERNET, 20);
  const records = packets.map((packet) => {
    const record = Buffer.alloc(RECORD_HEADER_BYTES + ETHERNET_HEADER_BYTES + packet.length);
    record.writeUInt32LE(ETHERNET_HEADER_BYTES + packet.length, 8);
    record.writeUInt32LE(ETHERNET_HEADER_BYTES + packet.length, 12);
    record.writeUInt16BE(packet[0] >> 4 === 6 ? 0x86dd : 0x0800, RECORD_HEADER_BYTES + 12);
    record.set(packet, RECORD_HEADER_BYTES + ETHERNET_HEADER_BYTES);
    return record;
  });
  return Buffer.concat([header, ...records]);
}
