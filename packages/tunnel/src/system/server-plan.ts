import { readdir, readFile } from 'node:fs/promises';
import { VCLError } from '@vcl-protocol/core';
import type { IpPrefix } from '../core/ip/ip-prefix.js';
import { type FileStep, type SystemChange, setting } from './system-change.js';

/** What a server's changes are planned from. */
export interface ServerPlanInput {
  readonly device: string;
  /** The networks that clients get addresses of. */
  readonly pools: readonly IpPrefix[];
  /** Whether what clients send out of the tunnel leaves under the server's own address. */
  readonly nat: boolean;
  /** Where the kernel's settings are. Default: `/proc/sys/net`. */
  readonly settings?: string;
}

/** As the kernel has them; nothing in it means anything in a script. */
const DEVICE_NAME = /^[A-Za-z0-9_.-]{1,15}$/;

/** Forwarding between the interfaces, and network address translation by nftables. */
export async function planServer(
  input: ServerPlanInput,
): Promise<readonly (SystemChange | FileStep)[]> {
  const { device, nat, settings: folder = '/proc/sys/net' } = input;
  const families = new Set(input.pools.map(({ family }) => family));
  const changes: (SystemChange | FileStep)[] = [];
  if (families.has(4)) changes.push(setting(`${folder}/ipv4/ip_forward`, '1'));
  if (families.has(6)) {
    changes.push(...(await keptRouters(`${folder}/ipv6/conf`, device)));
    changes.push(setting(`${folder}/ipv6/conf/all/forwarding`, '1'));
  }
  if (families.has(4)) {
    // Clients that reach each other by way of the server must not be told to do so directly. The
    // kernel does tell them when either of the two allows it.
    changes.push(setting(`${folder}/ipv4/conf/all/send_redirects`, '0'));
    changes.push(setting(`${folder}/ipv4/conf/${device}/send_redirects`, '0'));
  }
  if (nat) changes.push(natChange(input));
  return changes;
}

/**
 * The kernel gives up the routers that announced themselves as soon as it forwards IPv6 itself, and
 * with them the server's own way out, unless an interface says that it wants both (`accept_ra` 2).
 */
async function keptRouters(folder: string, device: string): Promise<FileStep[]> {
  const kept: FileStep[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (['all', 'default', 'lo', device].includes(name)) continue;
    const path = `${folder}/${name}/accept_ra`;
    const value = await readFile(path, 'utf8').catch(() => '');
    if (['1', '2'].includes(value.trim())) kept.push(setting(path, '2'));
  }
  return kept;
}

function natChange({ device, pools }: ServerPlanInput): SystemChange {
  // It becomes part of a script: what is no plain name never gets there.
  if (!DEVICE_NAME.test(device)) {
    throw new VCLError('InvalidConfig', `device must be a plain name to be translated: ${device}`);
  }
  const table = `vcl_${device}`;
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
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    '    # Nothing translates what belongs to no connection: it would leave as it is.',
    `    iifname "${device}" ct state invalid drop`,
    '  }',
    '}',
    '',
  ].join('\n');
  return {
    apply: { kind: 'command', program: 'nft', args: ['-f', '-'], input: script },
    // Without it for a moment, hosts would be told that their connections do not exist.
    undo: {
      kind: 'command',
      program: 'nft',
      args: ['delete', 'table', 'inet', table],
      waitsForNext: true,
    },
  };
}
