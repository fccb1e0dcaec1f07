import { VCLError } from '@vcl-protocol/core';

const NO_TLS = 'the server speaks no TLS on this port: use ws://, or check the port';
const NOT_TRUSTED = 'its certificate is not trusted: pass it or its authority as tls.ca';
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: start the server, or check the port',
  ECONNRESET: 'the connection was reset: check that the server speaks this carrier on this port',
  EHOSTUNREACH: 'no way leads there: check the network and the address',
  ENETUNREACH: 'no way leads there: check the network and the address',
  ENOTFOUND: 'there is no host of this name: check its spelling and the resolver',
  EAI_AGAIN: 'the resolver does not answer: check the network',
  ETIMEDOUT: 'nothing answers: check the address and what filters the network',
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  EMFILE: 'the process has too many open files: raise its limit (ulimit -n)',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name: connect to that name, or set tls.servername',
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it on the server',
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
};

/**
 * Why a carrier could not be connected.
 *
 * @param to the address, as written
 * @param cause what failed; a VCLError says enough itself and is passed on
 */
export function connectError(to: string, cause: unknown): VCLError {
  if (VCLError.is(cause)) return cause;
  const why = ADVICE[codeOf(cause)] ?? messageOf(cause);
  return new VCLError('IoError', `cannot connect to ${to}: ${why}`, { cause });
}

/** The system's name of an error; of several tries, that of the first. */
function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError && !('code' in cause)) return codeOf(cause.errors[0]);
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
