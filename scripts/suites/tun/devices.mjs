// Devices of the tun suite, all in a network namespace that ends with the process.

import { openTunDevice } from '../../../packages/tunnel/dist/device/open-device.js';
import { ip } from '../../lib/namespaces.mjs';
import { HEADER_BYTES } from './packets.mjs';

export const MTU = 1420;

/** Opens a device and gives it addresses. @param addresses with their networks */
export function open(name, addresses, { offloads = true } = {}) {
  const device = openTunDevice({ name, mtu: MTU, offloads });
  configure(device.name, addresses);
  return device;
}

export function configure(name, addresses) {
  ip('link', 'set', 'dev', name, 'mtu', String(MTU), 'up');
  for (const address of addresses) {
    const isIp6 = address.includes(':');
    ip('address', 'add', address, 'dev', name, ...(isIp6 ? ['nodad'] : []));
  }
}

/** A handler that gives each packet to a function, then gives its memory back. */
export function handler(onPacket, onLost = () => {}) {
  return {
    onFrame(frame) {
      onPacket(frame.bytes.subarray(HEADER_BYTES, frame.length), frame);
      frame.release();
    },
    onIdle() {},
    onLost,
  };
}

/** Writes one packet. */
export function write(device, packet) {
  const frame = device.reserve();
  frame.fill(0, 0, HEADER_BYTES);
  frame.set(packet, HEADER_BYTES);
  return device.write(HEADER_BYTES + packet.length);
}

/** Resolves when something holds. @returns false when it does not in time */
export async function within(ms, holds) {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}
