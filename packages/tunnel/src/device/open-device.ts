import { VCLError } from '@vcl-protocol/core';
import type * as Koffi from 'koffi';
import { nativeParts } from 'vcl-protocol/native';
import { noKoffiError } from './device-errors.js';
import { checkDeviceName, checkMtu } from './device-name.js';
import { LinuxTun } from './linux/linux-tun.js';
import { openTun, tunCalls } from './linux/tun-ioctl.js';
import { loadKoffi } from './load-koffi.js';
import { openUtun } from './macos/open-utun.js';
import type { TunDevice } from './tun-device.js';
import { openWintun } from './windows/open-wintun.js';

/** Options of {@link openTunDevice}. */
export interface TunDeviceOptions {
  /**
   * Of the interface: at most 15 letters, digits, `_`, `.` and `-`; a `%d` at the end becomes the first
   * free number on Linux. macOS names its interfaces itself: `utun5` asks for that one, other names for
   * any.
   */
  readonly name: string;
  /**
   * What the interface will be configured to, in bytes: 576 to 65,535. Opening configures nothing, so
   * the interface is down and without addresses.
   */
  readonly mtu: number;
  /**
   * Whether the system may leave cutting and checksums to this program; true by default. Only Linux
   * does. Whether it is so says {@link TunDevice.offloads}.
   */
  readonly offloads?: boolean;
}

/**
 * Makes a network interface of this system, which lives until it is closed or the process ends.
 * Linux needs root or CAP_NET_ADMIN, Windows an administrator and wintun.dll, macOS root; macOS is
 * experimental.
 *
 * @throws VCLError `InvalidConfig` for wrong options; `IoError` that says what is missing
 */
export function openTunDevice(options: TunDeviceOptions): TunDevice {
  checkDeviceName(options.name);
  checkMtu(options.mtu);
  const { koffi, reason } = loadKoffi();
  if (koffi === undefined) throw noKoffiError(reason);
  switch (process.platform) {
    case 'linux':
      return openLinuxTun(koffi, options);
    case 'win32':
      return openWintun(koffi, options);
    case 'darwin':
      return openUtun(koffi, options);
    default: {
      const text = `there are no TUN devices on ${process.platform}: use Linux, Windows or macOS`;
      throw new VCLError('IoError', text);
    }
  }
}

function openLinuxTun(koffi: typeof Koffi, options: TunDeviceOptions): TunDevice {
  const { name, mtu, offloads = true } = options;
  const { parts, reason } = nativeParts();
  if (parts === undefined) {
    throw new VCLError('IoError', `there are no TUN devices here: ${reason}`);
  }
  const calls = tunCalls(koffi);
  return new LinuxTun({ tun: openTun(calls, name, offloads), mtu, parts, close: calls.close });
}
