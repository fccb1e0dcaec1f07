import { dirname } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import type { Command } from 'commander';
import { KeyPair, saveKeyFile } from 'vcl-protocol';
import { defaultIdentityPath } from '../cli-io.js';
import { addCommon, type CommonOptions, contextOf, type Run } from '../command.js';
import { systemErrorOf } from '../exit-codes.js';
import { showKey } from '../key-result.js';

interface KeygenOptions extends CommonOptions {
  readonly force?: boolean;
}

/** Adds `vcl keygen`. */
export function addKeygen(program: Command, run: Run): void {
  const command = program
    .command('keygen')
    .description('make an identity: an Ed25519 key pair in a file of mode 0600')
    .argument('[file]', 'where to write it (default: ~/.vcl/identity, or identity in $VCL_HOME)')
    .option('--force', 'replace a file that exists; the identity in it is lost');
  addCommon(command, {
    examples: [
      ['vcl keygen', 'make the default identity'],
      ['vcl keygen ./server.identity', 'make one in a file of its own'],
    ],
    exitCodes: [
      [0, 'written'],
      [73, 'the file exists and --force was not given'],
      [74, 'the file cannot be written'],
    ],
  }).action(async (file: string | undefined, options: KeygenOptions) => {
    const { output, io } = contextOf(run, options);
    const path = file ?? defaultIdentityPath(io);
    const keyPair = KeyPair.generate();
    try {
      await saveKeyFile(path, keyPair, { force: options.force === true });
      showKey(output, path, keyPair.publicKey);
    } catch (error) {
      throw systemErrorOf(error)?.code === 'EEXIST' ? existsError(path, error) : error;
    } finally {
      keyPair.wipe();
    }
  });
}

function existsError(path: string, cause: unknown): VCLError {
  const message =
    systemErrorOf(cause)?.syscall === 'mkdir'
      ? `cannot write ${path}: ${dirname(path)} is a file, name another FILE`
      : `${path} exists and was left as it is: name another FILE, or replace it with --force; the ` +
        'identity in it is then lost';
  return new VCLError('IoError', message, { cause });
}
