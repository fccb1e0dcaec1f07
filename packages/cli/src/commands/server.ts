import { VCLError } from '@vcl-protocol/core';
import { type SqlitePeerStore, VCLTunnelServer } from '@vcl-protocol/tunnel';
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
import { requireSameFields } from '../tunnel/config/reload-config.js';
import type { ServerConfig } from '../tunnel/config/server-config.js';
import { controlPath } from '../tunnel/control/control-path.js';
import { ControlServer } from '../tunnel/control/control-server.js';
import { runUntilStopped, type StopSignal } from '../tunnel/run-until-stopped.js';
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
      [65, 'a key is damaged, or open to others'],
      [74, 'the system refuses something: interface, address, port, file'],
    ],
  }).action(async (config: string | undefined, options: CommonOptions) => {
    const context = contextOf(run, options);
    await serve(context, configPath(context.io, config, 'server'));
  });
}

async function serve(context: CommandContext, path: string): Promise<void> {
  await runUntilStopped(context.io, (signal) => serveUntil(signal, context, path));
}

async function serveUntil(
  signal: StopSignal,
  context: CommandContext,
  path: string,
): Promise<void> {
  const { output, log } = context;
  let isReloadDue = false;
  signal.onHangUp = () => {
    isReloadDue = true;
  };
  const config = await loadServerConfig(path);
  const options = await serverTunnelOptions(config, asLogger(log));
  try {
    const server = await VCLTunnelServer.start(options);
    try {
      signal.onHangUp = () => {
        void reloadConfig({ path, config, server, store: options.store, log });
      };
      if (isReloadDue) signal.onHangUp();
      const control = await ControlServer.listen(controlPath(server.status().device), {
        status: () => ({ kind: 'server', ...server.status() }),
        stop: signal.stop,
      });
      const { publicKey, host, port } = server.address;
      output.result({ ...server.status(), publicKey, host, port }, (paint) => [
        `listening on ${host.includes(':') ? `[${host}]` : host}:${port} as ${paint.bold(publicKey)}`,
        `tunnel ${server.status().device} with ${config.addresses.join(', ')}; Ctrl-C ends it`,
      ]);
      const ended = Promise.race([signal.stopped, server.ended]);
      const failure = await ended.finally(() => control.close());
      if (failure !== undefined) throw endedBy(failure);
    } finally {
      signal.onHangUp = () => {};
      await server.stop();
    }
  } finally {
    await options.store.close();
  }
}

function endedBy(error: Error): VCLError {
  return new VCLError('IoError', `the server has ended: ${error.message}`, { cause: error });
}

interface Reload {
  readonly path: string;
  /** What the server was started with. */
  readonly config: ServerConfig;
  readonly server: VCLTunnelServer;
  readonly store: SqlitePeerStore;
  readonly log: CommandContext['log'];
}

/** What is wrong in the new configuration leaves the server as it was. */
async function reloadConfig({ path, config, server, store, log }: Reload): Promise<void> {
  try {
    const wanted = await loadServerConfig(path);
    requireSameFields(path, config, wanted);
    server.reload({ ...serverFields(wanted), store, logger: asLogger(log) });
    log.warn({ path }, 'the configuration was read again');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ reason }, 'the configuration was not taken over: the server goes on as it was');
  }
}
