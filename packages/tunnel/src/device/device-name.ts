import { VCLError } from '@vcl-protocol/core';

/** IFNAMSIZ without its zero. */
const MAX_NAME_CHARACTERS = 15;
/** What `ip` and `netsh` take without quoting; `%d` becomes the first free number on Linux. */
const NAME_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:%d)?$/;

/**
 * Checks the name of an interface.
 *
 * @param name 1 to 15 letters, digits, `_`, `.` and `-`, perhaps with `%d` at the end
 * @throws VCLError `InvalidConfig`
 */
export function checkDeviceName(name: unknown): asserts name is string {
  const isName =
    typeof name === 'string' && name.length <= MAX_NAME_CHARACTERS && NAME_PATTERN.test(name);
  if (isName) return;
  const rule = '1 to 15 letters, digits, _, . and -, perhaps with %d at the end';
  throw new VCLError('InvalidConfig', `name: an interface is named by ${rule}`);
}

/** The least MTU of IPv4 (RFC 791), and the longest packet. */
const MIN_MTU_BYTES = 576;
const MAX_MTU_BYTES = 65_535;

/** @throws VCLError `InvalidConfig` unless `mtu` is from 576 to 65,535 bytes */
export function checkMtu(mtu: unknown): asserts mtu is number {
  const isMtu =
    typeof mtu === 'number' &&
    Number.isInteger(mtu) &&
    mtu >= MIN_MTU_BYTES &&
    mtu <= MAX_MTU_BYTES;
  if (isMtu) return;
  const range = `${MIN_MTU_BYTES} to ${MAX_MTU_BYTES}`;
  throw new VCLError('InvalidConfig', `mtu: give a whole number of bytes from ${range}`);
}
