import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { VCLError } from '@vcl-protocol/core';
import { type Command, parseControl, type Report } from './pipe/control.js';
import { MessageKind } from './pipe/message.js';
import { MessageReader, readUint32 } from './pipe/message-reader.js';
import { MessageWriter } from './pipe/message-writer.js';

/** Who uses an id of a {@link QuicChild}: a carrier, or a server. */
export interface ChildUser {
  onReport(report: Report): void;
  /** Bytes of the stream; they are its own until it returns. */
  onStream(bytes: Uint8Array): void;
  /** A datagram; it is its own until this returns. */
  onDatagram(bytes: Uint8Array): void;
  /** So many bytes of the stream have been taken. */
  onCredit(bytes: number): void;
  /** The process is gone. */
  onChildLost(error: VCLError): void;
}

/** How a process that hangs is found. */
export interface HeartbeatOptions {
  /** How often it is asked, ms. Default 1,000. */
  readonly intervalMs?: number;
  /** So many questions without an answer end it. Default 3. */
  readonly maxMisses?: number;
}

const HEARTBEAT: Required<HeartbeatOptions> = { intervalMs: 1_000, maxMisses: 3 };
/** Without users the process waits so long for the next one, ms. */
const LINGER_MS = 500;
/** How long it may take to say goodbye, ms. */
const END_TIMEOUT_MS = 1_000;
const FIRST_ID = 1;
/** Above it datagrams are dropped: the process does not keep up. */
const MAX_DATAGRAM_BACKLOG_BYTES = 1 << 20;
const EMPTY = new Uint8Array(0);

let shared: QuicChild | undefined;

/** The process that runs QUIC, and the pipe to it: one for all carriers and servers (SPEC 13.5). */
export class QuicChild {
  readonly #process: ChildProcess;
  readonly #pipe: Duplex & { ref?(): void; unref?(): void };
  readonly #writer: MessageWriter;
  readonly #reader: MessageReader;
  readonly #users = new Map<number, ChildUser>();
  readonly #heart: ReturnType<typeof setInterval>;
  readonly #maxMisses: number;
  #misses = 0;
  #nextId = FIRST_ID;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #errorText = '';
  #isLost = false;

  private constructor(heartbeat: HeartbeatOptions) {
    const { intervalMs, maxMisses } = { ...HEARTBEAT, ...heartbeat };
    this.#maxMisses = maxMisses;
    this.#process = spawn(process.execPath, [programPath()], {
      // It needs nothing of what the environment may hold.
      env: systemEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.#pipe = this.#process.stdio[3] as Duplex;
    this.#writer = new MessageWriter(this.#pipe);
    this.#reader = new MessageReader((kind, id, payload) => this.#onMessage(kind, id, payload));
    this.#heart = setInterval(() => this.#beat(), intervalMs);
    this.#heart.unref();
    this.#listen();
  }

  /**
   * The process, which is started when there is none.
   *
   * @param heartbeat counts when it is started
   */
  static shared(heartbeat: HeartbeatOptions = {}): QuicChild {
    shared ??= new QuicChild(heartbeat);
    return shared;
  }

  /** The id of the process that runs now; undefined when none does. */
  static get processId(): number | undefined {
    return shared === undefined ? undefined : shared.#process.pid;
  }

  /** Gives an id to a user, which gets what is for it until {@link remove}. */
  add(user: ChildUser): number {
    const id = this.#nextId;
    this.#nextId += 2;
    this.adopt(id, user);
    return id;
  }

  /** Gives `user` an id that the process has named. */
  adopt(id: number, user: ChildUser): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    this.#users.set(id, user);
    // As with a socket, what is in use keeps the program running.
    this.#pipe.ref?.();
  }

  /** Nothing of `id` is wanted any more. */
  remove(id: number): void {
    if (!this.#users.delete(id) || this.#users.size > 0 || this.#isLost) return;
    this.#pipe.unref?.();
    this.#linger = setTimeout(() => this.#end(), LINGER_MS);
    this.#linger.unref();
  }

  command(id: number, command: Command): void {
    if (!this.#isLost) this.#writer.addControl(id, command);
  }

  /** Sends `bytes` on the stream of `id`. */
  sendBytes(id: number, bytes: Uint8Array): void {
    if (!this.#isLost) this.#writer.add(MessageKind.Stream, id, bytes);
  }

  /** Sends `record` behind its length on the stream of `id`. */
  sendRecord(id: number, record: Uint8Array): void {
    if (!this.#isLost) this.#writer.addRecord(id, record);
  }

  /** Sends `record` as a datagram of `id`, unless too much waits. */
  sendDatagram(id: number, record: Uint8Array): void {
    if (this.#isLost || this.#writer.backlogBytes > MAX_DATAGRAM_BACKLOG_BYTES) return;
    this.#writer.add(MessageKind.Datagram, id, record);
  }

  /** So many bytes of the stream of `id` have been used up. */
  grant(id: number, bytes: number): void {
    if (!this.#isLost) this.#writer.addCredit(id, bytes);
  }

  flush(): void {
    if (!this.#isLost) this.#writer.flush();
  }

  #listen(): void {
    const child = this.#process;
    child.unref();
    const errors = child.stderr;
    errors?.setEncoding('utf8');
    errors?.on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-1_024);
    });
    if (errors !== null && 'unref' in errors && typeof errors.unref === 'function') errors.unref();
    child.on('error', (cause) => this.#lose(cause));
    // Not at its exit: what it has said about that comes later.
    child.on('close', (_code, signal) => this.#lose(undefined, signal));
    this.#pipe.on('data', (chunk: Buffer) => {
      if (!this.#reader.push(chunk)) this.#process.kill('SIGKILL');
    });
    this.#pipe.on('error', () => this.#process.kill('SIGKILL'));
    this.#pipe.on('close', () => this.#process.kill('SIGKILL'));
  }

  #onMessage(kind: number, id: number, payload: Uint8Array): void {
    if (kind === MessageKind.Heartbeat) {
      this.#misses = 0;
      return;
    }
    const user = this.#users.get(id);
    if (user === undefined) return;
    if (kind === MessageKind.Stream) user.onStream(payload);
    else if (kind === MessageKind.Datagram) user.onDatagram(payload);
    else if (kind === MessageKind.Credit) user.onCredit(readUint32(payload, 0));
    else if (kind === MessageKind.Control) {
      const report = parseControl<Report>(payload);
      if (report !== undefined) user.onReport(report);
    }
  }

  #beat(): void {
    if (this.#misses++ >= this.#maxMisses) {
      this.#process.kill('SIGKILL');
      this.#lose(undefined);
      return;
    }
    this.#writer.add(MessageKind.Heartbeat, 0, EMPTY);
  }

  /** Lets it say goodbye to its peers; it ends when the pipe does. */
  #end(): void {
    if (shared === this) shared = undefined;
    clearInterval(this.#heart);
    this.#writer.flush();
    this.#isLost = true;
    this.#pipe.end();
    setTimeout(() => this.#process.kill('SIGKILL'), END_TIMEOUT_MS).unref();
  }

  #lose(cause: Error | undefined, signal: NodeJS.Signals | null = null): void {
    if (shared === this) shared = undefined;
    clearInterval(this.#heart);
    clearTimeout(this.#linger);
    this.#pipe.destroy();
    this.#isLost = true;
    const users = [...this.#users.values()];
    this.#users.clear();
    const why = cause?.message ?? lastLine(this.#errorText) ?? signal ?? 'it did not answer';
    for (const user of users) {
      const message = `the process that runs QUIC is gone (${why}): connect again`;
      user.onChildLost(new VCLError('IoError', message, { cause }));
    }
  }
}

/** The compiled program: sources, as tests run them, cannot be run by a process. */
function programPath(): string {
  const isSource = import.meta.url.endsWith('.ts');
  const path = isSource ? '../../dist/quic/child/main.js' : './child/main.js';
  return fileURLToPath(new URL(path, import.meta.url));
}

function systemEnvironment(): NodeJS.ProcessEnv {
  const { SystemRoot } = process.env;
  return SystemRoot === undefined ? {} : { SystemRoot };
}

function lastLine(text: string): string | undefined {
  return text.split('\n').find((line) => line.includes('Error'));
}
