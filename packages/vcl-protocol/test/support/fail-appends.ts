import { type FileHandle, open } from 'node:fs/promises';
import { vi } from 'vitest';

/** Makes appending to any open file fail, as on a full disk. @returns undoes that */
export async function failAppends(message: string): Promise<() => void> {
  const handle = await open(import.meta.filename, 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const spy = vi.spyOn(prototype, 'appendFile').mockRejectedValue(new Error(message));
  return () => spy.mockRestore();
}
