import { VCLError } from '@vcl-protocol/core';
import type { VCLConnection } from 'vcl-protocol';
import { StoppedError, type TransferChannel } from '../roles/channel.js';

const LINGER_MS = 2_000;

/**
 * Ends the session when it would not help to try again: tells the peer why, unless it was the one to
 * say so, and closes in order.
 */
export async function stopPeer(
  error: unknown,
  channel: TransferChannel,
  connection: Pick<VCLConnection, 'close' | 'isClosed'>,
): Promise<void> {
  const isStop = error instanceof StoppedError;
  const isFinal = isStop || (VCLError.is(error) && error.code === 'InvalidPacket');
  if (!isFinal || connection.isClosed()) return;
  try {
    if (!isStop || !error.isFromPeer) {
      await channel.send({ type: 'stop', reason: error.message });
    }
    await connection.close({ lingerMs: LINGER_MS });
  } catch {
    // It is gone: then there is nobody to tell.
  }
}
