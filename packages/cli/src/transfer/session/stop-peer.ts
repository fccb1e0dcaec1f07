import { VCLError } from '@vcl-protocol/core';
import type { VCLConnection } from 'vcl-protocol';
import { systemCodeOf } from '../../exit-codes.js';
import { reasonOf } from '../files/reason.js';
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
  if (isOfLink(error) || connection.isClosed()) return;
  try {
    if (!(error instanceof StoppedError && error.isFromPeer)) {
      await channel.send({ type: 'stop', reason: reasonFor(error) });
    }
    await connection.close({ lingerMs: LINGER_MS });
  } catch {
    // It is gone: then there is nobody to tell.
  }
}

/** Whether a new session may do better. */
function isOfLink(error: unknown): boolean {
  return VCLError.is(error) && LINK_ERRORS.includes(error.code);
}

const LINK_ERRORS: readonly string[] = ['ConnectionClosed', 'Timeout', 'HandshakeFailed'];

/** What concerns the peer: no path of this machine, and nothing of the program. */
function reasonFor(error: unknown): string {
  if (error instanceof StoppedError) return error.message;
  if (VCLError.is(error) && error.code === 'InvalidPacket') return error.message;
  return systemCodeOf(error) === undefined ? 'it has failed' : `it has failed: ${reasonOf(error)}`;
}
