// Runs vcl as users do, and listens to what it says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../packages/cli/bin/vcl.js', import.meta.url));

/** A vcl that runs. */
export class Vcl {
  #child;
  #stdout = '';
  #stderr = '';
  #news = new Set();
  #closed;

  /**
   * @param {string[]} args the command line
   * @param {{ home: string, stdin?: number, stdout?: number }} options the directory of identity and
   *   known hosts; descriptors for standard input and output
   */
  constructor(args, { home, stdin, stdout }) {
    const stdio = [stdin ?? 'ignore', stdout ?? 'pipe', 'pipe'];
    const env = { ...process.env, VCL_HOME: home, VCL_LOG_LEVEL: 'error' };
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { stdio, env });
    this.#closed = once(this.#child, 'close').then(([code, signal]) => signal ?? code);
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text;
      this.#tell();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
      this.#tell();
    });
    void this.#closed.then(() => this.#tell());
  }

  get stdout() {
    return this.#stdout;
  }

  get stderr() {
    return this.#stderr;
  }

  /** The document that was printed with --json. */
  get document() {
    return JSON.parse(this.#stdout);
  }

  /** Lines of JSON on standard error: progress. */
  get events() {
    return jsonLines(this.#stderr);
  }

  /** Lines of JSON on standard output: what vcl listen tells. */
  get news() {
    return jsonLines(this.#stdout);
  }

  /** Ends it as nothing else can. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  /** Ends it as Ctrl-C does. @returns the exit code */
  async interrupt() {
    this.#child.kill('SIGINT');
    return await this.ended(15_000);
  }

  /** @returns the exit code, or the signal that ended it. Throws when it takes longer. */
  async ended(limitMs) {
    return await this.#before(limitMs, this.#closed, 'the end');
  }

  /** Waits for a state of what it has said. Throws when it ends or takes too long before. */
  async until(what, condition, limitMs) {
    const reached = new Promise((resolve, reject) => {
      const look = () => {
        if (condition(this)) resolve();
        else if (this.#hasEnded()) reject(new Error(`vcl ended before ${what}: ${this.#stderr}`));
        else return;
        this.#news.delete(look);
      };
      this.#news.add(look);
      look();
    });
    await this.#before(limitMs, reached, what);
  }

  #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #tell() {
    for (const look of this.#news) look();
  }

  async #before(limitMs, promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
      const message = `${what} did not come within ${limitMs / 1000} s: ${this.#stderr.slice(-500)}`;
      timer = setTimeout(() => reject(new Error(message)), limitMs);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function jsonLines(text) {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}
