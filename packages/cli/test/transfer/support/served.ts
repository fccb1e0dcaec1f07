import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ServerEvent } from '../../../src/transfer/session/run-server.js';
import { FakeIo, type Outcome, vcl } from '../../support/fake-io.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

type Listening = Extract<ServerEvent, { event: 'listening' }>;

/** A server that runs. */
export interface Server {
  readonly address: string;
  /** By each carrier. */
  readonly addresses: readonly string[];
  readonly publicKey: string;
  readonly io: FakeIo;
  readonly ended: Promise<Outcome>;
}

/** A process with a home of its own. */
export function ioOf(home: string = temporaryDirectory()): FakeIo {
  return new FakeIo({ env: { VCL_HOME: home, VCL_LOG_LEVEL: 'error' } });
}

export interface ListenOptions {
  readonly io?: FakeIo;
  /** Default any port of UDP, TCP and WebSocket. */
  readonly address?: string;
}

/** Starts `vcl listen` in this process; it ends with the test. */
export async function listen(
  args: readonly string[],
  options: ListenOptions = {},
): Promise<Server> {
  const { io = ioOf(), address = '127.0.0.1:0' } = options;
  let said = (): void => {};
  const isListening = new Promise<void>((resolve) => {
    said = resolve;
  });
  const { stdout } = io;
  const write = stdout.write.bind(stdout);
  stdout.write = (text) => {
    write(text);
    said();
  };
  const ended = vcl(['listen', address, '--json', ...args], io);
  onTestFinished(async () => {
    io.interrupt();
    await ended;
  });
  await Promise.race([isListening, ended]);
  const [line] = stdout.lines;
  if (line === undefined) throw new Error(io.stderr.text);
  const { port, publicKey, addresses } = JSON.parse(line) as Listening;
  return { address: `127.0.0.1:${port}`, addresses, publicKey, io, ended };
}

/** A folder with a large file and a small one. */
export function folder(): string {
  const path = join(temporaryDirectory(), 'folder');
  mkdirSync(join(path, 'sub', 'empty'), { recursive: true });
  writeFileSync(join(path, 'large'), randomBytes(1_500_000));
  writeFileSync(join(path, 'sub', 'small'), 'small');
  return path;
}
