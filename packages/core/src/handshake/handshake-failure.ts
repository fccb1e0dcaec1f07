import type { VCLErrorCode } from '../errors.js';
import { CloseCode, closeCodeName } from '../wire/close-codes.js';
import type { TransportParams } from './params.js';
import { ATTEMPT_LIFETIME_MS } from './registry.js';

/** Why an attempt failed for good; the fields of the VCLError the application gets. */
export interface HandshakeFailure {
  readonly code: VCLErrorCode;
  readonly message: string;
  /** The code the server refused with, or that this side would close with (SPEC 9.2). */
  readonly closeCode?: number;
}

/** What a client had seen when its time was over. */
export interface TimeoutEvidence {
  /** Where the attempt stood. */
  readonly stage: 'hello' | 'deciding' | 'finishing';
  /** Server flights that did not verify. */
  readonly droppedFlights: number;
  /** Whether the server asked for a cookie. */
  readonly retried: boolean;
}

/** The failure after 10 s without HANDSHAKE_DONE (SPEC 4.5). */
export function timeoutFailure(evidence: TimeoutEvidence): HandshakeFailure {
  const after = `the handshake did not finish within ${ATTEMPT_LIFETIME_MS / 1000} s`;
  return { code: 'Timeout', message: `${after}: ${explainTimeout(evidence)}` };
}

/** The failure after a signed refusal (SPEC 4.1). */
export function refusalFailure(closeCode: number, serverVersion: number): HandshakeFailure {
  switch (closeCode) {
    case CloseCode.AUTH_REFUSED:
      return {
        code: 'AuthRefused',
        message: 'the server refused this client: have its operator admit the key of this side',
        closeCode,
      };
    case CloseCode.VERSION:
      return {
        code: 'HandshakeFailed',
        message: `the server speaks version ${serverVersion} and none of this side: update one side`,
        closeCode,
      };
    case CloseCode.PQ_REQUIRED:
      return pqFailure();
    default:
      return {
        code: 'HandshakeFailed',
        message: `the server refused with ${closeCodeName(closeCode)}: look at its log`,
        closeCode,
      };
  }
}

/** The failure when the two sides name different evidence modes (SPEC 4.2). */
export function evidenceFailure(own: TransportParams, peer: TransportParams): HandshakeFailure {
  return {
    code: 'HandshakeFailed',
    message: `evidence is '${own.evidence}' here and '${peer.evidence}' at the server: set both alike`,
  };
}

/** The failure when one side requires post-quantum keys and the other has them off. */
export function pqFailure(): HandshakeFailure {
  return {
    code: 'HandshakeFailed',
    message: `pq is 'require' on one side and 'off' on the other: allow it on both or require it nowhere`,
    closeCode: CloseCode.PQ_REQUIRED,
  };
}

/** The failure of a connection to oneself. */
export function selfFailure(): HandshakeFailure {
  return {
    code: 'HandshakeFailed',
    message:
      'the server has the identity of this side: give each side a key, or allow it by option',
  };
}

/** Whether the post-quantum policies of two sides exclude each other (SPEC 4.2). */
export function pqExcluded(one: TransportParams, other: TransportParams): boolean {
  return (
    (one.pq === 'require' && other.pq === 'off') || (one.pq === 'off' && other.pq === 'require')
  );
}

function explainTimeout({ stage, droppedFlights, retried }: TimeoutEvidence): string {
  if (stage === 'finishing') {
    return 'the server proved its identity and then did not confirm; it may have gone or lost this side';
  }
  if (stage === 'deciding') return 'no decision on the key of the server was made in time';
  if (droppedFlights > 0) {
    return (
      `${droppedFlights} answers did not verify; ` +
      'the pinned key, pre-shared key or invitation may be wrong'
    );
  }
  if (retried) return 'the server is under load: it asked for a proof of address and fell silent';
  return (
    'nothing came back; check address and port, that the server runs, and that the pinned key or ' +
    'invitation is its own, because a server is silent to all others'
  );
}
