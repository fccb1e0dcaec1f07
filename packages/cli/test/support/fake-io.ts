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
  readonly #signals: { readonly signal: NodeJS.Signals; readonly listener: () => void }[] = [];

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

  onSignal(signals: readonly NodeJS.Signals[], listener: () => void): () => void {
    const added = signals.map((signal) => ({ signal, listener }));
    this.#signals.push(...added);
    return () => {
      for (const one of added) this.#signals.splice(this.#signals.indexOf(one), 1);
    };
  }

  /** Who waits for Ctrl-C. */
  get interruptListeners(): number {
    return this.#listeners.size + this.signalsHeard.filter((one) => one === 'SIGINT').length;
  }

  /** The signals that do not end the process. */
  get signalsHeard(): readonly NodeJS.Signals[] {
    return this.#signals.map(({ signal }) => signal);
  }

  interrupt(): void {
    for (const listener of this.#listeners) listener();
    this.signal('SIGINT');
  }

  signal(name: NodeJS.Signals): void {
    for (const { signal, listener } of [...this.#signals]) if (signal === name) listener();
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
