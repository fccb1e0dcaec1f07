import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { askControl } from './control-client.js';

/** What a tunnel that runs can be asked. */
export interface ControlCommands {
  status(): object;
  /** Ends it; the answer is sent before. */
  stop(): void;
}

/** A request is one line, at most this long. */
const MAX_REQUEST_BYTES = 4_096;
const TIMEOUT_MS = 5_000;

/** Answers `vcl status` and `vcl down` on a socket that its owner alone can open. */
export class ControlServer {
  readonly #server: Server;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();

  /** @throws VCLError `IoError` when another process answers there, or the place cannot be used */
  static async listen(path: string, commands: ControlCommands): Promise<ControlServer> {
    if (await answers(path)) {
      throw new VCLError('IoError', `a tunnel answers at ${path} already: stop it with vcl down`);
    }
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    const server = createServer();
    const control = new ControlServer(server, path, commands);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        reject(new VCLError('IoError', `cannot listen at ${path}`, { cause }));
      });
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    return control;
  }

  private constructor(server: Server, path: string, commands: ControlCommands) {
    this.#server = server;
    this.#path = path;
    server.on('connection', (socket) => this.#serve(socket, commands));
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await rm(this.#path, { force: true });
  }

  #serve(socket: Socket, commands: ControlCommands): void {
    this.#sockets.add(socket);
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let request = '';
    socket.on('data', (text: string) => {
      request += text;
      if (request.length > MAX_REQUEST_BYTES) socket.destroy();
      const end = request.indexOf('\n');
      if (end < 0) return;
      const { answer, after } = answerTo(request.slice(0, end), commands);
      request = '';
      socket.end(`${JSON.stringify(answer)}\n`, after);
    });
  }
}

function answerTo(
  line: string,
  commands: ControlCommands,
): { readonly answer: object; readonly after?: () => void } {
  let command: unknown;
  try {
    command = (JSON.parse(line) as { command?: unknown }).command;
  } catch {
    // Told below.
  }
  if (command === 'status') return { answer: commands.status() };
  if (command === 'stop') return { answer: { stopping: true }, after: () => commands.stop() };
  return { answer: { error: 'unknown command' } };
}

async function answers(path: string): Promise<boolean> {
  return (await askControl(path, 'status').catch(() => undefined)) !== undefined;
}
