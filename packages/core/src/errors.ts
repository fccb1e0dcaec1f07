/** What went wrong, as a literal that a `switch` narrows on. The guide's 15 variants and ours. */
export type VCLErrorCode =
  | 'CryptoError'
  | 'SignatureInvalid'
  | 'InvalidKey'
  | 'ChainValidationFailed'
  | 'ReplayDetected'
  | 'InvalidPacket'
  | 'ConnectionClosed'
  | 'Timeout'
  | 'NoPeerAddress'
  | 'NoSharedSecret'
  | 'HandshakeFailed'
  | 'ExpectedClientHello'
  | 'ExpectedServerHello'
  | 'SerializationError'
  | 'IoError'
  | 'InvalidConfig'
  | 'MessageTooBig'
  | 'IdentityChanged'
  | 'AuthRefused'
  | 'PoolFull'
  | 'UnknownId';

/** Options of {@link VCLError}: the usual `cause`, and the wire close code where there was one. */
export interface VCLErrorOptions {
  /** The error underneath, kept whole. */
  readonly cause?: unknown;
  /** The close code that travelled on the wire (SPEC 9.2), if any. */
  readonly closeCode?: number;
}

/** The one error class of the project. The message says what to do about it. */
export class VCLError extends Error {
  override readonly name = 'VCLError';
  readonly code: VCLErrorCode;
  /** The close code that travelled on the wire (SPEC 9.2), or undefined for a local error. */
  readonly closeCode: number | undefined;

  constructor(code: VCLErrorCode, message: string, options: VCLErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.closeCode = options.closeCode;
  }

  /** Whether `value` is a VCLError, of this copy of the package or of another. */
  static is(value: unknown): value is VCLError {
    return value instanceof Error && value.name === 'VCLError' && 'code' in value;
  }
}
