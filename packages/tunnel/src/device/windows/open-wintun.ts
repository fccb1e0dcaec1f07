import { createHash } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import type * as Koffi from 'koffi';
import type { Pointer } from 'vcl-protocol/native';
import { takePool } from '../frame-pool.js';
import { firstLine } from '../load-koffi.js';
import type { TunDevice } from '../tun-device.js';
import { WaitingTun } from '../waiting-tun.js';
import { findWintun } from './find-wintun.js';
import { loadWintun, type WintunLibrary } from './wintun-library.js';
import { WintunRing } from './wintun-ring.js';

/** 4 MiB for each direction: some thousands of packets. */
const RING_BYTES = 0x40_0000;
/** What Windows shows as the kind of the adapter. */
const KIND = 'VCL';
const GUID_BYTES = 16;
const ERROR_ACCESS_DENIED = 5;

/** Finds and loads wintun.dll and makes an adapter. @throws VCLError `IoError` */
export function openWintun(
  koffi: typeof Koffi,
  options: { readonly name: string; readonly mtu: number },
): TunDevice {
  const path = findWintun();
  let library: WintunLibrary;
  try {
    library = loadWintun(koffi, path);
  } catch (error) {
    const advice = 'take the file for this processor from https://www.wintun.net';
    const text = `${path} does not load: ${advice} (${firstLine(error)})`;
    throw new VCLError('IoError', text, { cause: error });
  }
  return createWintunTun(library, options);
}

/**
 * Makes an adapter and its session.
 *
 * @param name with `%d` read as 0
 * @throws VCLError `IoError` that says what is missing
 */
export function createWintunTun(
  library: WintunLibrary,
  options: { readonly name: string; readonly mtu: number },
): TunDevice {
  const name = options.name.replace('%d', '0');
  const adapter =
    library.createAdapter(name, KIND, guidOf(library, name)) ?? openExisting(library, name);
  const session = library.startSession(adapter, RING_BYTES);
  if (session === null || library.driverVersion() === 0) {
    const error = failure(library, name);
    if (session !== null) library.endSession(session);
    library.closeAdapter(adapter);
    throw error;
  }
  const source = new WintunRing(library, adapter, session);
  return new WaitingTun({ name, mtu: options.mtu, source, pool: takePool(library.allocate) });
}

function openExisting(library: WintunLibrary, name: string): Pointer {
  const error = failure(library, name);
  const adapter = library.openAdapter(name);
  if (adapter === null) throw error;
  return adapter;
}

function failure(library: WintunLibrary, name: string): VCLError {
  const code = library.lastError();
  const advice =
    code === ERROR_ACCESS_DENIED
      ? 'run the program as administrator'
      : 'is Wintun installed for this processor, and is the adapter free?';
  return new VCLError('IoError', `the adapter ${name} cannot be opened: ${advice} (error ${code})`);
}

/** The same name is the same adapter to Windows, which otherwise asks what network it is each time. */
function guidOf(library: WintunLibrary, name: string): Pointer {
  const guid = library.allocate(GUID_BYTES);
  guid.bytes.set(createHash('sha256').update(`VCL ${name}`).digest().subarray(0, GUID_BYTES));
  return guid.pointer;
}
