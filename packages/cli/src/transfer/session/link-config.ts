import type { VCLConfig } from 'vcl-protocol';

const MIB = 2 ** 20;

/**
 * Settings of the sessions that carry files. What is under way when a side is killed is sent again: at
 * most what the two buffers hold and a chunk, 7 MiB. Twice that stays below 16 MiB; larger buffers
 * would only help on paths of more than 30 MB/s at a round trip of 100 ms.
 */
export const LINK_CONFIG: Partial<VCLConfig> = {
  sendBufferBytes: 3 * MIB,
  receiveWindowMaxBytes: 3 * MIB,
  // The longest message of the transfer protocol is far below.
  maxMessageBytes: MIB / 4,
};
