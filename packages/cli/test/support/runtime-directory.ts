import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from './temporary-directory.js';

/** Where commands look for tunnels while the test runs, whoever runs it. */
export function runtimeDirectory(): string {
  const directory = temporaryDirectory();
  vi.stubEnv('XDG_RUNTIME_DIR', directory);
  const uid = vi.spyOn(process, 'getuid').mockReturnValue(1_000);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    uid.mockRestore();
  });
  return join(directory, 'vcl');
}
