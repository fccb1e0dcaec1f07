/**
 * The command `vcl` as a function, for programs that embed it.
 *
 * @packageDocumentation
 */
export type { CliIo, TextSink } from './cli-io.js';
export { ExitCode } from './exit-codes.js';
export { main } from './main.js';
