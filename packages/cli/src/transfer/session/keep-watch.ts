import type { VCLConnection } from 'vcl-protocol';

const PING_EVERY_MS = 5_000;
/** A peer that is silent for so long is taken for gone. */
export const SILENCE_MS = 15_000;

/**
 * Pings the peer all the time: a side that hashes a large file stays known as alive, and one that is
 * gone is noticed.
 *
 * @returns ends it
 */
export function keepWatch(connection: Pick<VCLConnection, 'ping' | 'abort'>): () => void {
  const ended = new AbortController();
  const timer = setInterval(() => void ping(), PING_EVERY_MS);
  let waiting = false;
  const ping = async (): Promise<void> => {
    if (waiting) return;
    waiting = true;
    try {
      await connection.ping({
        signal: AbortSignal.any([ended.signal, AbortSignal.timeout(SILENCE_MS)]),
      });
      waiting = false;
    } catch {
      if (!ended.signal.aborted) connection.abort();
    }
  };
  return () => {
    clearInterval(timer);
    ended.abort();
  };
}
