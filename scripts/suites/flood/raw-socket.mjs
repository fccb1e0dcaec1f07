// A raw socket that sends datagrams from any source, many in one call of the system.
import koffi from 'koffi';

const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const ETH_P_ALL = 0x0003;
const SOL_PACKET = 263;
const PACKET_VNET_HDR = 15;
const MSG_DONTWAIT = 0x40;

const IP_BYTES = 20;
const UDP_BYTES = 8;
const HEADER_BYTES = IP_BYTES + UDP_BYTES;
const ADDRESS_BYTES = 16;
const IOV_BYTES = 16;
/** `struct mmsghdr` where pointers have eight bytes. */
const MESSAGE_BYTES = 64;
const ROOM_BYTES = 2 ** 16 + 64;
/** What Linux puts before a frame when asked to: `struct virtio_net_hdr`, and the Ethernet header. */
const FRAME_HEAD_BYTES = 10 + 14;
const SEGMENT_OFFSET = 4;
const BATCH = 64;
const UDP = 17;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const close = libc.func('int close(int)');
const sendmmsg = libc.func('int sendmmsg(int, uintptr_t, unsigned int, int)');
const setsockopt = libc.func('int setsockopt(int, int, int, uintptr_t, unsigned int)');
const recv = libc.func('intptr_t recv(int, uintptr_t, size_t, int)');

/** Sends prepared datagrams to one address. */
export class RawSender {
  #fd = open(AF_INET, IPPROTO_RAW);
  #to = Buffer.alloc(ADDRESS_BYTES);
  #port;
  #packets;
  #packetAt;
  #iovs = Buffer.alloc(BATCH * IOV_BYTES);
  #messages = Buffer.alloc(BATCH * MESSAGE_BYTES);
  #next = 0;

  /**
   * @param to `address` and `port`
   * @param payloads what is sent, in turn and over again
   */
  constructor(to, payloads) {
    this.#port = to.port;
    this.#to.writeUInt16LE(AF_INET, 0);
    Buffer.from(to.address.split('.').map(Number)).copy(this.#to, 4);
    this.#packets = payloads.map((payload) => this.#packet(payload));
    this.#packetAt = this.#packets.map((packet) => koffi.address(packet));
    this.#prepare();
  }

  /** How many datagrams go out in one call. */
  get batch() {
    return BATCH;
  }

  /**
   * Sends up to `count` datagrams, at most a batch.
   *
   * @param sourceOf gives the source of a datagram by its index: `{ a, b, c, d, port }`; it may give
   *   the same object each time
   * @returns how many the system took
   */
  send(count, sourceOf) {
    const wanted = Math.min(count, BATCH);
    for (let i = 0; i < wanted; i++) {
      const index = (this.#next + i) % this.#packets.length;
      const packet = this.#packets[index];
      const { a, b, c, d, port } = sourceOf(index);
      packet[12] = a;
      packet[13] = b;
      packet[14] = c;
      packet[15] = d;
      packet[IP_BYTES] = port >> 8;
      packet[IP_BYTES + 1] = port;
      this.#iovs.writeBigUInt64LE(this.#packetAt[index], i * IOV_BYTES);
      this.#iovs.writeUInt32LE(packet.length, i * IOV_BYTES + 8);
    }
    const sent = Math.max(0, sendmmsg(this.#fd, koffi.address(this.#messages), wanted, 0));
    this.#next = (this.#next + sent) % this.#packets.length;
    return sent;
  }

  close() {
    close(this.#fd);
  }

  /** The payload behind headers; without a UDP checksum, which IPv4 allows. */
  #packet(payload) {
    const packet = Buffer.alloc(HEADER_BYTES + payload.length);
    packet[0] = 0x45;
    packet.writeUInt16BE(packet.length, 2);
    packet[8] = 64;
    packet[9] = UDP;
    this.#to.copy(packet, 16, 4, 8);
    packet.writeUInt16BE(this.#port, IP_BYTES + 2);
    packet.writeUInt16BE(UDP_BYTES + payload.length, IP_BYTES + 4);
    packet.set(payload, HEADER_BYTES);
    return packet;
  }

  #prepare() {
    const to = koffi.address(this.#to);
    const iovs = koffi.address(this.#iovs);
    for (let i = 0; i < BATCH; i++) {
      const at = i * MESSAGE_BYTES;
      this.#messages.writeBigUInt64LE(to, at);
      this.#messages.writeUInt32LE(ADDRESS_BYTES, at + 8);
      this.#messages.writeBigUInt64LE(iovs + BigInt(i * IOV_BYTES), at + 16);
      this.#messages.writeBigUInt64LE(1n, at + 24);
    }
  }
}

/** Hears everything that passes through the namespace it is made in. */
export class Sniffer {
  // In network byte order; with fewer protocols, what leaves is not heard.
  #fd = open(AF_PACKET, ETH_P_ALL << 8);
  #buffer = Buffer.alloc(ROOM_BYTES);
  #bufferAt = koffi.address(this.#buffer);

  constructor() {
    const on = Buffer.from(Int32Array.of(1).buffer);
    setsockopt(this.#fd, SOL_PACKET, PACKET_VNET_HDR, koffi.address(on), on.length);
  }

  /** @returns the UDP payloads that have come for a port, at most `limit` */
  take(port, limit) {
    const taken = [];
    while (taken.length < limit) {
      const bytes = recv(this.#fd, this.#bufferAt, ROOM_BYTES, MSG_DONTWAIT);
      if (bytes <= 0) break;
      const ip = this.#buffer.subarray(FRAME_HEAD_BYTES, bytes);
      if (ip.length < HEADER_BYTES || ip[0] !== 0x45 || ip[9] !== UDP) continue;
      if (ip.readUInt16BE(IP_BYTES + 2) !== port) continue;
      // A train of datagrams that the kernel has yet to take apart says how long each is.
      const segment = this.#buffer.readUInt16LE(SEGMENT_OFFSET) || ROOM_BYTES;
      const end = ip.readUInt16BE(2);
      for (let at = HEADER_BYTES; at < end; at += segment) {
        taken.push(Buffer.from(ip.subarray(at, Math.min(end, at + segment))));
      }
    }
    return taken;
  }

  close() {
    close(this.#fd);
  }
}

function open(family, protocol) {
  const fd = socket(family, SOCK_RAW, protocol);
  if (fd < 0) throw new Error(`no raw socket: errno ${koffi.errno()}`);
  return fd;
}
