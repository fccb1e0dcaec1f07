import type { Command, Runner } from './command.js';

/** How an interface is to be. */
export interface InterfaceSettings {
  /** Addresses with their networks, such as `10.8.0.2/24` and `fd00::2/64`. */
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** Segments that the kernel may leave in one packet; see {@link GSO_MAX_SEGMENTS}. */
  readonly gsoMaxSegments?: number;
}

/** So many segments of 1,452 bytes are one train of datagrams (UDP_SEGMENT, at most 65,507 bytes). */
export const GSO_MAX_SEGMENTS = 45;

/** Gives an interface of Linux its addresses and length of packets, and brings it up. */
export async function configureInterface(
  name: string,
  settings: InterfaceSettings,
  run: Runner,
): Promise<void> {
  const link = ['link', 'set', 'dev', name, 'mtu', String(settings.mtu), 'up'];
  await run(ip(link));
  if (settings.gsoMaxSegments !== undefined) {
    const segments = ['gso_max_segs', String(settings.gsoMaxSegments)];
    // Older versions of ip, and devices without offloads, do without.
    await run(ip(['link', 'set', 'dev', name, ...segments])).catch(() => '');
  }
  for (const address of settings.addresses) {
    const isV6 = address.includes(':');
    // Nobody else can have it: there is no need to wait until that is known.
    const extra = isV6 ? ['nodad'] : [];
    await run(ip(['address', 'replace', address, 'dev', name, ...extra]));
  }
}

/** Takes addresses away again. */
export async function removeAddresses(
  name: string,
  addresses: readonly string[],
  run: Runner,
): Promise<void> {
  for (const address of addresses) {
    await run(ip(['address', 'delete', address, 'dev', name])).catch(() => '');
  }
}

/** The command `ip` with these arguments. */
export function ip(args: readonly string[]): Command {
  return { program: 'ip', args };
}
