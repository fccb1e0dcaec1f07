/**
 * Writes an address into native memory without making a BigInt of it.
 *
 * @param address of user space, so below 2^53
 */
export function setPointer(view: DataView, offset: number, address: number): void {
  view.setUint32(offset, address >>> 0, true);
  view.setUint32(offset + 4, Math.floor(address / 0x1_0000_0000), true);
}
