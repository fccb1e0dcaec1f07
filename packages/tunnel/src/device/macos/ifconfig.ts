import {
  type InterfaceSettings,
  type RunTool,
  runTools,
  type ToolCommand,
} from '../interface-settings.js';

const IFCONFIG = '/sbin/ifconfig';

/**
 * Gives a utun interface its addresses and MTU and brings it up. Experimental.
 *
 * @throws VCLError `IoError` with what ifconfig printed
 */
export function configureMacosInterface(
  name: string,
  settings: InterfaceSettings,
  run?: RunTool,
): Promise<void> {
  return runTools(ifconfigCommands(name, settings), run);
}

/** The commands for it: utun is point to point, so an IPv4 address without a peer is its own. */
export function ifconfigCommands(
  name: string,
  { addresses, peer, mtu }: InterfaceSettings,
): ToolCommand[] {
  const commands: ToolCommand[] = addresses.map((address) => {
    const [host = '', prefix = ''] = address.split('/');
    return address.includes(':')
      ? [IFCONFIG, name, 'inet6', host, 'prefixlen', prefix || '128', 'alias']
      : [IFCONFIG, name, 'inet', `${host}/${prefix || '32'}`, peer ?? host, 'alias'];
  });
  commands.push([IFCONFIG, name, 'mtu', String(mtu), 'up']);
  return commands;
}
