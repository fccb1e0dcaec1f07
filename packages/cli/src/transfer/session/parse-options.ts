import { InvalidArgumentError } from 'commander';

/** Reads a number of seconds from 0 to a day; fractions are allowed. @throws InvalidArgumentError */
export function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : -1;
  if (seconds >= 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('Give seconds from 0 to 86400, such as 0.2 or 30.');
}

/** Reads a whole number from 1 to 10^9. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 1e9) return count;
  throw new InvalidArgumentError('Give a whole number from 1 to 1000000000.');
}

/**
 * Reads a number of bytes, with K, M, G or T for binary multiples. @throws InvalidArgumentError
 */
export function parseBytes(text: string): number {
  const parts = /^(\d+)([KMGT]?)$/i.exec(text);
  const unit = UNITS[parts?.[2]?.toUpperCase() ?? ''] ?? 1;
  const bytes = parts === null ? 0 : Number(parts[1]) * unit;
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('Give bytes from 1 on, such as 5000000, 20M or 4G.');
}

/** Reads a port from 1 to 65535. @throws InvalidArgumentError */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('Give a port from 1 to 65535.');
}

/** Reads the path of a WebSocket. @throws InvalidArgumentError */
export function parsePath(text: string): string {
  if (/^\/[!-~]*$/.test(text) && !text.includes('#')) return text;
  throw new InvalidArgumentError('Give a path that starts with /, without spaces and without #.');
}

/** Reads the address of a proxy, `none` or `environment`. @throws InvalidArgumentError */
export function parseProxy(text: string): string {
  if (text === 'none' || text === 'environment') return text;
  const { protocol = '', hostname = '' } = URL.canParse(text) ? new URL(text) : {};
  if (PROXY_PROTOCOLS.includes(protocol) && hostname !== '') return text;
  throw new InvalidArgumentError(
    'Give http://host:port or socks5://host:port, with user:password@ if it wants them, none or environment.',
  );
}

const PROXY_PROTOCOLS: readonly string[] = ['http:', 'https:', 'socks:', 'socks5:', 'socks5h:'];

const UNITS: Readonly<Record<string, number>> = {
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};
