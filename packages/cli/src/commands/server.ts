import { VCLError } from '@vcl-protocol/core';
import { VCLTunnelServer } from '@vcl-protocol/tunnel';
import type { Command } from 'commander';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { asLogger } from '../log.js';
import { loadServerConfig } from '../tunnel/config/load-config.js';
import { configPath } from '../tunnel/config/places.js';
import { controlPath } from '../tunnel/control/control-path.js';
import { ControlServer } from '../tunnel/control/control-server.js';
import { StopSignal } from '../tunnel/run-until-stopped.js';
import { serverFields, serverTunnelOptions } from '../tunnel/tunnel-settings.js';

/** Adds `vcl server`. */
export function addServer(program: Command, run: Run): void {
  const command = program
    .command('server')
    .description('run a tunnel server until Ctrl-C; SIGHUP reads its configuration again')
    .argument('[config]', 'the configuration (default: server.toml in /etc/vcl or ~/.config/vcl)');
  addCommon(command, {
    examples: [
      ['vcl init server', 'write a configuration first'],
      ['vcl server', 'run it'],
      ['vcl server ./server.toml --log-level info', 'another one, and tell what happens'],
    ],
    exitCodes: [
      [0, 'stopped, and all changes of the system were taken back'],
      [64, 'the configuration is wrong'],
      [74, 'the system refuses something: interface, address, port, file'],
    ],
  }).action(async (config: string | undefined, options: CommonOptions) => {
    const context = contextOf(run, options);
    await serve(context, configPath(context.io, config, 'server'));
  });
}

async function serve(context: CommandContext, path: string): Promise<void> {
  const { io, output, log } = context;
  const stop = new StopSignal(io);
  const config = await loadServerConfig(path);
  const options = await serverTunnelOptions(config, asLogger(log));
  const server = await VCLTunnelServer.start(options);
  const reload = (): void => void reloadConfig(context, path, server, options.store);
  try {
    const control = await ControlServer.listen(controlPath(server.status().device), {
      status: () => ({ kind: 'server', ...server.status() }),
      stop: () => stop.stop(),
    });
    process.on('SIGHUP', reload);
    const { publicKey, host, port } = server.address;
    output.result({ ...server.status(), publicKey, host, port }, (paint) => [
      `listening on ${host.includes(':') ? `[${host}]` : host}:${port} as ${paint.bold(publicKey)}`,
      `tunnel ${server.status().device} with ${config.addresses.join(', ')}; Ctrl-C ends it`,
    ]);
    const failure = await Promise.race([stop.stopped, server.ended]);
    await control.close();
    if (failure !== undefined) throw endedBy(failure);
  } finally {
    process.off('SIGHUP', reload);
    await server.stop();
    await options.store.close();
  }
}

function endedBy(error: Error): VCLError {
  return new VCLError('IoError', `the server has ended: ${error.message}`, { cause: error });
}

/** What is wrong in the new configuration leaves the server as it was. */
async function reloadConfig(
  { log }: CommandContext,
  path: string,
  server: VCLTunnelServer,
  store: Awaited<ReturnType<typeof serverTunnelOptions>>['store'],
): Promise<void> {
  try {
    server.reload({ ...serverFields(await loadServerConfig(path)), store, logger: asLogger(log) });
    log.warn({ path }, 'the configuration was read again');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ reason }, 'the configuration was not taken over: the server goes on as it was');
  }
}
