import { VCLError } from '@vcl-protocol/core';

/** The package `ws`. */
export type WsModule = typeof import('ws');
/** The package `socks`. */
export type SocksModule = typeof import('socks');

/** @throws VCLError `InvalidConfig` when the package is not installed */
export function loadWs(): Promise<WsModule> {
  return loadOptional('ws', 'WebSocket', () => import('ws'));
}

/** @throws VCLError `InvalidConfig` when the package is not installed */
export function loadSocks(): Promise<SocksModule> {
  return loadOptional('socks', 'a SOCKS5 proxy', () => import('socks'));
}

/**
 * Loads a package that may be missing.
 *
 * @param need what it is needed for, as the message says it
 * @throws VCLError `InvalidConfig` when it is not installed
 */
export async function loadOptional<T>(
  name: string,
  need: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const message = `${need} needs the package ${name}: run npm install ${name}`;
    throw new VCLError('InvalidConfig', message, { cause });
  }
}
