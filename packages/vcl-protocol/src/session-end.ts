import { CloseCode, closeCodeName, VCLError, type VCLErrorCode } from '@vcl-protocol/core';

/** How a session ended. */
export interface SessionEnd {
  /** The close code (SPEC 9.2). */
  readonly code: number;
  /** What the application of the side that closed gave, with code APPLICATION. */
  readonly applicationCode: number;
  readonly reason: string;
  /** Whether the peer ended it. */
  readonly remote: boolean;
  /** Whether both sides had said and received everything, by their signed word. */
  readonly orderly: boolean;
}

/** What whoever reads from the session is told about an end that was not in order. */
export function endError(end: SessionEnd): VCLError {
  return new VCLError(BY_CODE.get(end.code) ?? 'ConnectionClosed', describeEnd(end), {
    closeCode: end.code,
  });
}

/** What an operation on a session that has ended fails with. */
export function closedError(end: SessionEnd): VCLError {
  const options = { closeCode: end.code, ...(end.orderly ? {} : { cause: endError(end) }) };
  return new VCLError('ConnectionClosed', `${describeEnd(end)}: connect again`, options);
}

/** An end as a phrase: who, why. */
function describeEnd({ code, applicationCode, reason, remote, orderly }: SessionEnd): string {
  const name =
    code === CloseCode.APPLICATION ? `APPLICATION ${applicationCode}` : closeCodeName(code);
  const words = reason === '' ? name : `${name}: ${reason}`;
  if (code === CloseCode.IDLE) return 'nothing was heard of the peer for the idle timeout';
  if (orderly || code !== CloseCode.NO_ERROR) {
    return `${remote ? 'the peer' : 'this side'} ended the session (${words})`;
  }
  return `${remote ? 'the peer' : 'this side'} cut the end of the session short: messages may be lost`;
}

const BY_CODE: ReadonlyMap<number, VCLErrorCode> = new Map<number, VCLErrorCode>([
  [CloseCode.PROTOCOL_VIOLATION, 'InvalidPacket'],
  [CloseCode.FRAME_ENCODING, 'InvalidPacket'],
  [CloseCode.FLOW_CONTROL, 'InvalidPacket'],
  [CloseCode.LIMIT_EXCEEDED, 'InvalidPacket'],
  [CloseCode.CHECKPOINT_RATE, 'InvalidPacket'],
  [CloseCode.CHAIN_INVALID, 'ChainValidationFailed'],
  [CloseCode.SIGNATURE_INVALID, 'SignatureInvalid'],
  [CloseCode.SIGNATURE_OVERDUE, 'SignatureInvalid'],
  [CloseCode.AUTH_REFUSED, 'AuthRefused'],
  [CloseCode.IDENTITY_CHANGED, 'IdentityChanged'],
  [CloseCode.VERSION, 'HandshakeFailed'],
  [CloseCode.PQ_REQUIRED, 'HandshakeFailed'],
  [CloseCode.KEY_LIMIT, 'CryptoError'],
  [CloseCode.IDLE, 'Timeout'],
  [CloseCode.PATH_LOST, 'Timeout'],
  [CloseCode.MESSAGE_TOO_BIG, 'MessageTooBig'],
]);
