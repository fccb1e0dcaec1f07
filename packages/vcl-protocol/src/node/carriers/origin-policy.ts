import type { IncomingMessage } from 'node:http';

/**
 * Which web pages may connect, by their origin such as `https://example.com`. Undefined: those of the
 * host that is connected to, which a list adds to. Programs that name no origin always may.
 */
export type OriginPolicy = 'any' | readonly string[] | undefined;

/** Whether the page that sent `request`, if it was one, may connect. */
export function isOriginAccepted(
  { headers }: Pick<IncomingMessage, 'headers'>,
  policy: OriginPolicy,
): boolean {
  const origin = headers.origin?.toLowerCase();
  if (origin === undefined || policy === 'any') return true;
  if (policy?.some((one) => one.toLowerCase().replace(/\/$/, '') === origin)) return true;
  const { host } = headers;
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  // Written like the page's own, so that the port that goes without saying is left out on both sides.
  const own = `${page.protocol}//${host.toLowerCase()}`;
  return URL.canParse(own) && new URL(own).host === page.host && page.host !== '';
}
