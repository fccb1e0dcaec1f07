import type { CarrierAddress } from '../../carrier-address.js';

/**
 * The proxy that the environment names for `target`, or undefined: `HTTPS_PROXY` for `wss` and `tcp`,
 * `HTTP_PROXY` for `ws`, `ALL_PROXY` for all, in small letters first, unless `NO_PROXY` names the host.
 *
 * @param env the environment; default that of the process
 */
export function proxyFromEnvironment(
  target: Pick<CarrierAddress, 'scheme' | 'host' | 'port'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (isExcepted(target, read(env, 'no_proxy') ?? '')) return undefined;
  const proxy = read(env, variableFor(target, env)) ?? read(env, 'all_proxy');
  if (proxy === undefined) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function variableFor(
  { scheme }: Pick<CarrierAddress, 'scheme'>,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (scheme !== 'ws') return 'https_proxy';
  // In a CGI program HTTP_PROXY is what a client sent as the header Proxy.
  return env.REQUEST_METHOD === undefined ? 'http_proxy' : 'all_proxy';
}

function read(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

/** Names in the list stand for themselves and all below them, with a port for that port only. */
function isExcepted({ host, port }: { host: string; port: number }, list: string): boolean {
  const name = host.toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, plain = '', onlyPort] =
        /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
      const excepted = plain.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
      return excepted !== '' && (name === excepted || name.endsWith(`.${excepted}`));
    });
}
