// Both verifiers on the same bytes.
import { readFileSync } from 'node:fs';
import { findEquivocation } from '../../../packages/core/dist/index.js';
import { chooseProvider, SessionLogVerifier } from '../../../packages/vcl-protocol/dist/index.js';
import { applyEdits } from './alterations.mjs';
import { differences, factsOf } from './facts.mjs';
import { PythonVerifier } from './python.mjs';

/** Gives logs to the TypeScript verifier in this process and to the Python one in another. */
export class BothVerifiers {
  #crypto = chooseProvider();
  #python = new PythonVerifier();
  #files = new Map();

  /** The bytes of a log file. */
  read(file) {
    if (!this.#files.has(file)) this.#files.set(file, readFileSync(file));
    return this.#files.get(file);
  }

  /**
   * Verifies a log.
   *
   * @param {{ log: string, edits?: [number, number, string][] }} part a file and what is done to it
   * @returns the verdict, the report, and where the two disagree
   */
  async verify({ log, edits = [] }) {
    const ours = this.#report({ log, edits });
    const theirs = await this.#python.verify({ log, edits });
    const problems = differences(factsOf(ours), factsOf(theirs));
    return { status: ours.status, report: ours, problems };
  }

  /** Compares two logs. @returns what contradicts, and where the two verifiers disagree */
  async compare(a, b) {
    const ours = findEquivocation(this.#report(a), this.#report(b)).equivocations.map(
      ({ sid, direction, k }) => ({ sid, direction, k }),
    );
    const { equivocations } = await this.#python.verify({ ...a, other: b });
    return { equivocations: ours, problems: differences(ours, equivocations) };
  }

  /** Ends the Python side. */
  stop() {
    return this.#python.stop();
  }

  #report({ log, edits = [] }) {
    const verifier = new SessionLogVerifier(this.#crypto);
    verifier.push(applyEdits(this.read(log), edits));
    return verifier.finish();
  }
}
