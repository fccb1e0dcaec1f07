import type { VCLErrorCode } from '@vcl-protocol/core';
import type { ReceivedFile } from './transfer.js';

/** What the receiver's process is told, as JSON in its first argument. */
export interface ReceiverArguments {
  readonly logFile: string;
  readonly logLevel: string;
}

/** What the receiver's process tells the one that started it. */
export type ReceiverMessage =
  | {
      readonly type: 'ready';
      readonly address: string;
      readonly port: number;
      readonly publicKey: string;
    }
  | { readonly type: 'progress'; readonly bytes: number }
  | { readonly type: 'done'; readonly received: ReceivedFile }
  | {
      readonly type: 'failed';
      readonly message: string;
      /** Undefined for what is no VCLError. */
      readonly code: VCLErrorCode | undefined;
    };
