import type { TransferChannel } from '../roles/channel.js';

/** How long a client may leave a session open that has nothing more to do. */
const FAREWELL_MS = 10_000;

/**
 * Waits for the client to end the session, as it was the one to begin it; not for one that does not.
 * All is settled by then: how the link ends changes nothing.
 */
export async function farewell(channel: Pick<TransferChannel, 'receive'>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FAREWELL_MS);
  });
  try {
    await Promise.race([drain(channel), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function drain(channel: Pick<TransferChannel, 'receive'>): Promise<void> {
  try {
    while ((await channel.receive()) !== undefined);
  } catch {
    // It is over.
  }
}
