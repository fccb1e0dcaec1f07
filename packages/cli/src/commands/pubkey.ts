import { VCLError } from '@vcl-protocol/core';
import type { Command } from 'commander';
import { loadKeyFile } from 'vcl-protocol';
import { defaultIdentityPath } from '../cli-io.js';
import { addCommon, type CommonOptions, contextOf, type Run } from '../command.js';
import { systemCodeOf } from '../exit-codes.js';
import { showKey } from '../key-result.js';

/** Adds `vcl pubkey`. */
export function addPubkey(program: Command, run: Run): void {
  const command = program
    .command('pubkey')
    .description('show the public key of an identity, to give to others')
    .argument('[file]', 'the identity (default: ~/.vcl/identity, or identity in $VCL_HOME)');
  addCommon(command, {
    examples: [
      ['vcl pubkey', 'the public key of the default identity'],
      ['vcl pubkey ./server.identity --json', 'of another file, for programs'],
    ],
    exitCodes: [
      [0, 'shown'],
      [65, 'the file is damaged, or others may read it'],
      [74, 'the file cannot be read'],
    ],
  }).action(async (file: string | undefined, options: CommonOptions) => {
    const { output, io } = contextOf(run, options);
    const path = file ?? defaultIdentityPath(io);
    try {
      const keyPair = await loadKeyFile(path);
      showKey(output, path, keyPair.publicKey);
      keyPair.wipe();
    } catch (error) {
      throw systemCodeOf(error) === 'ENOENT' ? absentError(path, error) : error;
    }
  });
}

function absentError(path: string, cause: unknown): VCLError {
  const message = `there is no identity file ${path}: make one with vcl keygen, or name another FILE`;
  return new VCLError('IoError', message, { cause });
}
