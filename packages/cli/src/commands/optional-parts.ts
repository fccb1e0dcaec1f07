import { createRequire } from 'node:module';

/** A package that need not be there, and what it is good for. */
export interface OptionalPart {
  /** Its name in the registry. */
  readonly name: string;
  readonly gives: string;
  /** Whether it is installed; whether it also loads is told where it is used. */
  readonly installed: boolean;
  /** How to get it; absent when it is installed. */
  readonly missing?: string;
}

/** The optional packages of vcl-protocol. @param platform as Node names system and processor */
export function collectOptionalParts(
  platform: string = `${process.platform}-${process.arch}`,
): OptionalPart[] {
  const require = requireOfLibrary();
  const quic = quicPackage(platform);
  const parts = quic === undefined ? PARTS : [...PARTS, [quic, QUIC_GIVES] as const];
  const found = parts.map(([name, gives]) => partOf(name, gives, isInstalled(require, name)));
  if (quic !== undefined) return found;
  const missing = `there is no binary for ${platform}`;
  return [...found, { name: QUIC_PREFIX, gives: QUIC_GIVES, installed: false, missing }];
}

const QUIC_PREFIX = '@matrixai/quic';
const QUIC_GIVES = 'QUIC: addresses quic://';
const QUIC_PLATFORMS: readonly string[] = ['darwin-arm64', 'darwin-x64', 'linux-x64', 'win32-x64'];
const PARTS = [
  ['ws', 'WebSocket: addresses ws:// and wss://'],
  ['socks', 'SOCKS5 proxies: --proxy socks5://host:port'],
  ['sodium-native', 'the fastest cryptography'],
  ['koffi', 'UDP in batches on Linux'],
] as const;

function quicPackage(platform: string): string | undefined {
  return QUIC_PLATFORMS.includes(platform) ? `${QUIC_PREFIX}-${platform}` : undefined;
}

function partOf(name: string, gives: string, installed: boolean): OptionalPart {
  if (installed) return { name, gives, installed };
  return { name, gives, installed, missing: `npm install ${name}` };
}

/** The packages are the library's, which is where they may be out of sight of this one. */
function requireOfLibrary(): NodeJS.Require {
  const own = createRequire(import.meta.url);
  return createRequire(own.resolve('vcl-protocol/package.json'));
}

function isInstalled(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
