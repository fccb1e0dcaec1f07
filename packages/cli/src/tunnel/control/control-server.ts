import { mkdir, rm } from 'node:fs/promises';
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
  readonly #sockets = new Set<Socket>();

  /** @throws VCLError `IoError` when another process answers there, or the place cannot be used */
  static async listen(path: string, commands: ControlCommands): Promise<ControlServer> {
    if ((await askControl(path, 'status')) !== undefined) {
      throw new VCLError('IoError', `a tunnel answers at ${path} already: stop it with vcl down`);
    }
    const server = createServer();
    const control = new ControlServer(server, commands);
    try {
      await mkdir(dirname(path), { recursive: true });
      // One that a process has left which was killed.
      await rm(path, { force: true });
      await listenPrivately(server, path);
    } catch (cause) {
      server.close();
      throw new VCLError('IoError', `cannot listen at ${path}: ${String(cause)}`, { cause });
    }
    // What goes wrong with one client is no reason to end a tunnel.
    server.on('error', () => {});
    return control;
  }

  private constructor(server: Server, commands: ControlCommands) {
    this.#server = server;
    server.on('connection', (socket) => this.#serve(socket, commands));
  }

  /** Answers no more, and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket, commands: ControlCommands): void {
    this.#sockets.add(socket);
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    let request = '';
    const onData = (text: string): void => {
      request += text;
      const end = request.indexOf('\n');
      if (end > MAX_REQUEST_BYTES || (end < 0 && request.length > MAX_REQUEST_BYTES)) {
        socket.destroy();
        return;
      }
      if (end < 0) return;
      // One request a connection.
      socket.off('data', onData).resume();
      const { answer, after } = answerTo(request.slice(0, end), commands);
      socket.end(`${JSON.stringify(answer)}\n`, after);
    };
    socket.on('data', onData);
  }
}

/** Never open to others, not even for a moment. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
      // The socket is made within the call.
      process.umask(before);
    });
  } finally {
    process.umask(before);
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
  if (command === 'stop') return { answer: { stopping: true }, after: () => commands.stop() };
  if (command !== 'status') return { answer: { error: 'unknown command' } };
  try {
    return { answer: commands.status() };
  } catch (error) {
    return { answer: { error: error instanceof Error ? error.message : String(error) } };
  }
}
