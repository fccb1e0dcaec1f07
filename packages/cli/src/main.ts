import { Command } from 'commander';
import { type CliIo, processIo } from './cli-io.js';
import type { Run } from './command.js';
import { addDemo } from './commands/demo.js';
import { addDown } from './commands/down.js';
import { addInfo } from './commands/info.js';
import { addInit } from './commands/init.js';
import { addInvite } from './commands/invite.js';
import { addKeygen } from './commands/keygen.js';
import { addListen } from './commands/listen.js';
import { addPeers } from './commands/peers.js';
import { addPing } from './commands/ping.js';
import { addPubkey } from './commands/pubkey.js';
import { addReceive } from './commands/receive.js';
import { addSend } from './commands/send.js';
import { addServer } from './commands/server.js';
import { addStatus } from './commands/status.js';
import { addUp } from './commands/up.js';
import { addVerify } from './commands/verify.js';
import { ExitCode } from './exit-codes.js';
import { describeFailure } from './failure.js';
import { cliVersion } from './version.js';

/**
 * Runs the command `vcl`. Never rejects: errors end up as a line on standard error and in the exit
 * code.
 *
 * @param args the command line without the program: `process.argv.slice(2)`
 * @returns the exit code, one of `ExitCode` or a verdict of `vcl verify`
 */
export async function main(args: readonly string[], io: CliIo = processIo()): Promise<number> {
  const run: Run = { io, exitCode: ExitCode.OK, log: undefined };
  const program = createProgram(run);
  try {
    await program.parseAsync(args, { from: 'user' });
    return run.exitCode;
  } catch (error) {
    const named = program.commands.find((command) => command.name() === args[0]);
    const { line, exitCode } = describeFailure(error, named?.name());
    run.log?.debug({ err: error }, 'the command failed');
    if (line !== undefined) io.stderr.write(`${line}\n`);
    return exitCode;
  }
}

function createProgram(run: Run): Command {
  const { io } = run;
  const program = new Command('vcl')
    .description('VCL: a secure link whose traffic can be proved afterwards')
    .version(cliVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Help that was not asked for goes here too.
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => io.colors,
      outputError: () => {},
    });
  program.addHelpText('after', ENVIRONMENT);
  for (const add of COMMANDS) add(program, run);
  return program;
}

const COMMANDS = [
  addInit,
  addServer,
  addUp,
  addDown,
  addStatus,
  addPeers,
  addInvite,
  addSend,
  addReceive,
  addListen,
  addPing,
  addKeygen,
  addPubkey,
  addVerify,
  addDemo,
  addInfo,
];

const ENVIRONMENT = `
Environment:
  VCL_HOME       directory of identity, known_hosts and authorized_keys, instead of ~/.vcl
  VCL_LOG_LEVEL  error, warn, info, debug or trace
  NO_COLOR       no colors`;
