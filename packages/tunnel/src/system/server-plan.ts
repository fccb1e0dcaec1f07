import { VCLError } from '@vcl-protocol/core';
import type { IpPrefix } from '../core/ip/ip-prefix.js';
import { commandChange, type SystemChange, settingChange } from './system-change.js';

/** What a server's changes are planned from. */
export interface ServerPlanInput {
  readonly device: string;
  /** The networks that clients get addresses of. */
  readonly pools: readonly IpPrefix[];
  /** Whether what clients send out of the tunnel leaves under the server's own address. */
  readonly nat: boolean;
}

/** As the kernel has them; nothing in it means anything in a script. */
const DEVICE_NAME = /^[A-Za-z0-9_.-]{1,15}$/;

/** Forwarding between the interfaces, and network address translation by nftables. */
export async function planServer(input: ServerPlanInput): Promise<readonly SystemChange[]> {
  const families = new Set(input.pools.map(({ family }) => family));
  const settings = [
    families.has(4) ? await settingChange('/proc/sys/net/ipv4/ip_forward', '1') : undefined,
    families.has(6)
      ? await settingChange('/proc/sys/net/ipv6/conf/all/forwarding', '1')
      : undefined,
    // Clients that reach each other by way of the server must not be told to do so directly.
    await settingChange(`/proc/sys/net/ipv4/conf/${input.device}/send_redirects`, '0'),
  ];
  const changes = settings.filter((change) => change !== undefined);
  return input.nat ? [...changes, natChange(input)] : changes;
}

function natChange({ device, pools }: ServerPlanInput): SystemChange {
  // It becomes part of a script: what is no plain name never gets there.
  if (!DEVICE_NAME.test(device)) {
    throw new VCLError('InvalidConfig', `device must be a plain name to be translated: ${device}`);
  }
  const table = `vcl_${device.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`;
  const rules = pools.map((pool) => {
    const family = pool.family === 4 ? 'ip' : 'ip6';
    return `    ${family} saddr ${pool.network} oifname != "${device}" masquerade`;
  });
  const script = [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    ...rules,
    '  }',
    '}',
    '',
  ].join('\n');
  return commandChange(
    { program: 'nft', args: ['-f', '-'], input: script },
    { program: 'nft', args: ['delete', 'table', 'inet', table] },
  );
}
