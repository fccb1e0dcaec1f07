import { VCLError } from '@vcl-protocol/core';
import { checkDeviceName } from '../device/device-name.js';
import { openTunDevice } from '../device/open-device.js';
import type { TunDevice } from '../device/tun-device.js';
import type { Runner } from '../system/command.js';
import { SystemJournal } from '../system/journal.js';
import { journalPath } from '../system/journal-file.js';

/** How a tunnel reaches the system; for tests and for those who bring their own device. */
export interface SystemParts {
  /** A device that is open already; then the system is left as it is, unless there is a journal. */
  readonly tun?: TunDevice;
  /** What runs commands. Default: the programs of the system. */
  readonly run?: Runner;
  /** The file of the changes that are to be undone. Default without `tun`: {@link journalPath}. */
  readonly journal?: string;
  /** Where the kernel's settings are. Default: `/proc/sys/net`. */
  readonly settings?: string;
}

/**
 * The interface of a tunnel, and the journal of what is changed around it.
 *
 * @throws VCLError `IoError` when a living process has it, or there can be no interface; then nothing
 * is left changed
 */
export async function openInterface(
  device: string,
  mtu: number,
  { tun, run, journal: given }: SystemParts,
): Promise<{ readonly tun: TunDevice; readonly journal: SystemJournal | undefined }> {
  if (tun !== undefined && given === undefined) return { tun, journal: undefined };
  checkDeviceName(device);
  // Which interface it becomes is known too late: changes of two tunnels would share one journal.
  if (device.includes('%'))
    throw new VCLError('InvalidConfig', `device needs a name: got ${device}`);
  const path = given ?? journalPath(device);
  const journal = await SystemJournal.open({ path, ...(run === undefined ? {} : { run }) });
  try {
    return { tun: tun ?? openTunDevice({ name: device, mtu }), journal };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/**
 * Removes the interface, and takes back what was changed around it.
 *
 * @param device or the link that it belongs to
 * @throws VCLError `IoError` that names what is left
 */
export async function closeInterface(
  device: Pick<TunDevice, 'close'>,
  journal: SystemJournal | undefined,
): Promise<void> {
  await device.close().finally(() => journal?.close());
}
