import { VCLError } from '@vcl-protocol/core';
import { parseIp } from './core/ip/ip-address.js';
import { IpPrefix } from './core/ip/ip-prefix.js';
import type { InterfaceSettings } from './device/interface-settings.js';
import { configureMacosInterface } from './device/macos/ifconfig.js';
import { configureWindowsInterface } from './device/windows/netsh.js';
import { type Runner, runCommand } from './system/command.js';
import { configureInterface, ip } from './system/interfaces.js';

/**
 * Gives an interface its addresses and MTU and brings it up, with the tools of this system.
 *
 * @throws VCLError `IoError` with what the tool printed
 */
export async function configureDevice(name: string, settings: InterfaceSettings): Promise<void> {
  switch (process.platform) {
    case 'linux':
      return configureLinux(name, settings);
    case 'win32':
      return configureWindowsInterface(name, settings);
    case 'darwin':
      return configureMacosInterface(name, settings);
    default:
      throw new VCLError(
        'IoError',
        `interfaces of ${process.platform} cannot be set up: use Linux`,
      );
  }
}

/** The same for Linux; the other end gets a route of its own where no network of ours leads there. */
export async function configureLinux(
  name: string,
  { addresses, mtu, peer }: InterfaceSettings,
  run: Runner = runCommand,
): Promise<void> {
  await configureInterface(name, { addresses, mtu }, run);
  const peerAddress = peer === undefined ? undefined : parseIp(peer);
  if (peer === undefined || peerAddress === undefined) return;
  const isReached = addresses.some((text) => IpPrefix.parse(text).contains(peerAddress));
  if (!isReached) await run(ip(['route', 'replace', peer, 'dev', name]));
}
