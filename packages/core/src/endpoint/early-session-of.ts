import { EarlySession } from '../connection/early-session.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { AcceptAttempt } from './accept-attempt.js';
import { ConnectAttempt } from './connect-attempt.js';
import type { TicketStore } from './ticket-store.js';

/** What the session of an attempt has to do with early data: every client's takes tickets. */
export function earlySessionOf(
  attempt: ConnectAttempt | AcceptAttempt,
  crypto: CryptoProvider,
  tickets: TicketStore | undefined,
): EarlySession | undefined {
  if (attempt instanceof ConnectAttempt) {
    return new EarlySession({ crypto, sent: attempt.early });
  }
  return tickets && new EarlySession({ crypto, desk: tickets });
}
