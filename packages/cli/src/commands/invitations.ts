import { VCLError } from '@vcl-protocol/core';
import type { Invitation } from '@vcl-protocol/tunnel';
import type { Command } from 'commander';
import { addCommon, type CommonOptions, contextOf, type Run } from '../command.js';
import { formatNumberOf, formatTable, printable } from '../format.js';
import { withStore } from '../tunnel/with-store.js';

interface InvitationsOptions extends CommonOptions {
  readonly config?: string;
}

/** So many characters of an id are shown, and tell invitations apart. */
const SHOWN = 12;
const EXIT_CODES = [
  [0, 'done'],
  [64, 'there is no such invitation, or several'],
  [74, 'the store cannot be read or written'],
] as const;

/** Adds `vcl invite list` and `vcl invite withdraw`. */
export function addInvitations(invite: Command, run: Run): void {
  const list = invite.command('list').description('list the invitations that are still good');
  addCommon(withConfig(list), {
    examples: [['vcl invite list', 'with their names and ends']],
    exitCodes: EXIT_CODES,
  }).action(async (options: InvitationsOptions) => {
    const { output, io } = contextOf(run, { ...invite.opts(), ...options });
    const open = await withStore(io, fileOf(invite, options), async (store) =>
      openOf((await store.read()).invitations),
    );
    const lines = open.map(({ id, name, expiresAt, usesLeft }): [string, string] => {
      const until =
        expiresAt === undefined ? 'no end' : `until ${new Date(expiresAt).toISOString()}`;
      return [
        id.slice(0, SHOWN),
        `${until}  ${formatNumberOf(usesLeft, 'device')}  ${printable(name)}`,
      ];
    });
    output.result({ invitations: open }, () =>
      lines.length === 0 ? ['no invitation is open'] : formatTable(lines, ''),
    );
  });
  const withdraw = invite
    .command('withdraw')
    .description('take an invitation back; devices that have used it stay')
    .argument('<invitation>', 'its name, or how its id begins, as vcl invite list shows it');
  addCommon(withConfig(withdraw), {
    examples: [['vcl invite withdraw phone', 'by name']],
    exitCodes: EXIT_CODES,
  }).action(async (text: string, options: InvitationsOptions) => {
    const { output, io } = contextOf(run, { ...invite.opts(), ...options });
    const taken = await withStore(io, fileOf(invite, options), async (store) => {
      const invitation = find(openOf((await store.read()).invitations), text);
      await store.putInvitation({ ...invitation, usesLeft: 0 });
      return invitation;
    });
    const { id, name } = taken;
    output.result({ id, name }, () => [`${printable(name) || id.slice(0, SHOWN)} is taken back`]);
  });
}

function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', "the server's configuration");
}

/** `vcl invite -c FILE list` means the same as `vcl invite list -c FILE`. */
function fileOf(invite: Command, { config }: InvitationsOptions): string | undefined {
  return config ?? invite.opts<InvitationsOptions>().config;
}

function openOf(invitations: readonly Invitation[]): Invitation[] {
  const now = Date.now();
  return invitations.filter(({ usesLeft, expiresAt }) => {
    return usesLeft > 0 && (expiresAt === undefined || expiresAt > now);
  });
}

function find(open: readonly Invitation[], text: string): Invitation {
  const isMeant = ({ id, name }: Invitation) =>
    text !== '' && (name === text || id.startsWith(text.toLowerCase()));
  const found = open.filter(isMeant);
  if (found.length === 1) return found[0]!;
  const problem = found.length === 0 ? 'is no invitation that is open' : 'means several';
  throw new VCLError(
    'InvalidConfig',
    `'${printable(text)}' ${problem}: vcl invite list shows them`,
  );
}
