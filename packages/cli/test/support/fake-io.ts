import type { CliIo, TextSink } from '../../src/cli-io.js';
import { main } from '../../src/main.js';

/** A sink that remembers what was written. */
export class FakeSink implements TextSink {
  text = '';
  readonly isTty: boolean;
  readonly columns: number;

  constructor(options: { readonly isTty?: boolean; readonly columns?: number } = {}) {
    this.isTty = options.isTty ?? false;
    this.columns = options.columns ?? 100;
  }

  write(text: string): void {
    this.text += text;
  }

  /** The lines so far. */
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

export interface FakeIoOptions {
  readonly env?: Record<string, string>;
  readonly home?: string;
  readonly isTty?: boolean;
}

/** A process that is none. */
export class FakeIo implements CliIo {
  readonly stdout: FakeSink;
  readonly stderr: FakeSink;
  readonly colors = false;
  readonly env: Record<string, string | undefined>;
  readonly homeDirectory: string;
  readonly #listeners = new Set<() => void>();

  constructor(options: FakeIoOptions = {}) {
    const { env = {}, home = '/people/nobody', isTty = false } = options;
    this.env = env;
    this.homeDirectory = home;
    this.stdout = new FakeSink({ isTty });
    this.stderr = new FakeSink({ isTty });
  }

  onInterrupt(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Who waits for Ctrl-C. */
  get interruptListeners(): number {
    return this.#listeners.size;
  }

  interrupt(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** What a command line did. */
export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `vcl` with these words. */
export async function vcl(args: readonly string[], io: FakeIo = new FakeIo()): Promise<Outcome> {
  const exitCode = await main(args, io);
  return { exitCode, out: io.stdout.text, err: io.stderr.text };
}
