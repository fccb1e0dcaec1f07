import { execFile } from 'node:child_process';
import { VCLError } from '@vcl-protocol/core';

/** What an interface is given; the systems' own tools set it. */
export interface InterfaceSettings {
  /** With the length of the network, such as `10.0.0.1/24` and `fd00::1/64`; checked by the caller. */
  readonly addresses: readonly string[];
  /** The IPv4 address at the other end, which macOS wants. */
  readonly peer?: string;
  /** In bytes. */
  readonly mtu: number;
}

/** A program and its arguments; no shell reads them. */
export type ToolCommand = readonly [file: string, ...args: string[]];

/** Runs one command to its end. */
export type RunTool = (file: string, args: readonly string[]) => Promise<void>;

/** Longer than any of these tools takes. */
const TIMEOUT_MS = 15_000;

/** Runs commands one after the other. @throws VCLError `IoError` with what the first failure printed */
export async function runTools(
  commands: readonly ToolCommand[],
  run: RunTool = runTool,
): Promise<void> {
  for (const [file, ...args] of commands) await run(file, args);
}

function runTool(file: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, windowsHide: true };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(toolError(file, args, { error, output: `${stdout}${stderr}` }));
    });
  });
}

function toolError(
  file: string,
  args: readonly string[],
  { error, output }: { error: Error; output: string },
): VCLError {
  const said = output.trim() === '' ? error.message : output.trim();
  const text = `the interface is not set up: ${file} ${args.join(' ')} says: ${said}`;
  return new VCLError('IoError', text, { cause: error });
}
