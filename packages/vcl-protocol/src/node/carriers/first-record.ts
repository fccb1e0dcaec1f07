import type { Socket } from 'node:net';
import { MAX_FIRST_RECORD_BYTES } from './record-splitter.js';

/** Who waits for a first record. */
export interface FirstRecordHandler {
  /** It is there, whole: `head` is all that was read. The socket is paused. */
  onRecord(head: Uint8Array): void;
  /** This is no record of whoever connects. */
  onGarbage(): void;
}

const LENGTH_BYTES = 2;

/**
 * Reads on until the first record behind its length is there.
 *
 * @param socket paused
 * @param head what was read of it
 */
export function gatherFirstRecord(
  socket: Socket,
  head: Uint8Array,
  handler: FirstRecordHandler,
): void {
  let read = head;
  const onBytes = (more: Uint8Array): void => {
    read = Buffer.concat([read, more]);
    look();
  };
  const stop = (): void => {
    socket.off('data', onBytes);
    socket.pause();
  };
  const look = (): void => {
    const [high = 0, low] = read;
    if (low === undefined) return;
    const length = (high << 8) | low;
    if (length === 0 || length > MAX_FIRST_RECORD_BYTES) {
      stop();
      handler.onGarbage();
    } else if (read.length >= LENGTH_BYTES + length) {
      stop();
      handler.onRecord(read);
    }
  };
  socket.on('data', onBytes);
  socket.resume();
  look();
}
