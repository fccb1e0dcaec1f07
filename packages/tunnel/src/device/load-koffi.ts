import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';
import type { NativeBlock, Pointer } from 'vcl-protocol/native';

/** What became of loading koffi, through which the system's libraries are called. */
export interface KoffiReport {
  readonly koffi: typeof Koffi | undefined;
  /** Why there is none. */
  readonly reason: string | undefined;
}

let report: KoffiReport | undefined;

/** Loads the optional package koffi, once a process. */
export function loadKoffi(): KoffiReport {
  report ??= tryLoad();
  return report;
}

function tryLoad(): KoffiReport {
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
    return { koffi, reason: undefined };
  } catch (error) {
    return { koffi: undefined, reason: firstLine(error) };
  }
}

const allocators = new WeakMap<object, (bytes: number) => NativeBlock>();

/**
 * What allocates memory that never moves; it is kept until the process ends.
 *
 * @returns always the same function for the same koffi
 */
export function nativeAllocator(koffi: typeof Koffi): (bytes: number) => NativeBlock {
  const allocate =
    allocators.get(koffi) ?? ((bytes: number): NativeBlock => allocateNative(koffi, bytes));
  allocators.set(koffi, allocate);
  return allocate;
}

function allocateNative(koffi: typeof Koffi, bytes: number): NativeBlock {
  const pointer: Pointer = koffi.alloc('uint8_t', bytes);
  const memory = koffi.view(pointer, bytes);
  return {
    pointer,
    address: Number(pointer),
    bytes: new Uint8Array(memory).fill(0),
    view: new DataView(memory),
  };
}

/** What an error says, without the paths that were tried. */
export function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
}
