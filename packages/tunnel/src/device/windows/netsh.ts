import { win32 } from 'node:path';
import {
  type InterfaceSettings,
  type RunTool,
  runTools,
  type ToolCommand,
} from '../interface-settings.js';

/**
 * Gives an adapter its addresses and MTU until the next start of Windows.
 *
 * @throws VCLError `IoError` with what netsh printed
 */
export function configureWindowsInterface(
  name: string,
  settings: InterfaceSettings,
  run?: RunTool,
): Promise<void> {
  return runTools(netshCommands(name, settings), run);
}

/** The commands for it. @param systemRoot the folder of Windows */
export function netshCommands(
  name: string,
  { addresses, mtu }: InterfaceSettings,
  systemRoot: string = process.env.SystemRoot ?? 'C:\\Windows',
): ToolCommand[] {
  const netsh = win32.join(systemRoot, 'System32', 'netsh.exe');
  const commands: ToolCommand[] = [];
  let verb = 'set';
  for (const address of addresses) {
    if (address.includes(':')) {
      const what = [`interface=${name}`, `address=${address}`, 'store=active'];
      commands.push([netsh, 'interface', 'ipv6', 'add', 'address', ...what]);
      continue;
    }
    const [host = '', prefix = '32'] = address.split('/');
    const what = [`name=${name}`, `address=${host}`, `mask=${maskOf(Number(prefix))}`];
    // The first one replaces what Windows has made up itself.
    const source = verb === 'set' ? ['source=static'] : [];
    commands.push([
      netsh,
      'interface',
      'ipv4',
      verb,
      'address',
      ...what,
      ...source,
      'store=active',
    ]);
    verb = 'add';
  }
  for (const family of ['ipv4', 'ipv6']) {
    if (family === 'ipv6' && !addresses.some((address) => address.includes(':'))) continue;
    const what = [name, `mtu=${mtu}`, 'store=active'];
    commands.push([netsh, 'interface', family, 'set', 'subinterface', ...what]);
  }
  return commands;
}

/** @param prefix 0 to 32 @returns such as `255.255.255.0` */
function maskOf(prefix: number): string {
  const mask = prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
  return [mask >>> 24, mask >>> 16, mask >>> 8, mask].map((byte) => byte & 0xff).join('.');
}
