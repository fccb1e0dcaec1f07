import { type CloseOptions, VCLError } from '@vcl-protocol/core';

const MAX_REASON_BYTES = 128;
const MAX_APPLICATION_CODE = 2 ** 32 - 1;

/**
 * What does not fit into CLOSE is refused instead of being cut (SPEC 6).
 *
 * @throws VCLError `InvalidConfig`
 */
export function checkCloseOptions({
  applicationCode = 0,
  reason = '',
  lingerMs = 0,
}: CloseOptions): void {
  const isCode = Number.isInteger(applicationCode) && applicationCode >= 0;
  if (!isCode || applicationCode > MAX_APPLICATION_CODE) {
    throw new VCLError(
      'InvalidConfig',
      `applicationCode is a whole number below 2^32: got ${applicationCode}`,
    );
  }
  if (new TextEncoder().encode(reason).length > MAX_REASON_BYTES) {
    throw new VCLError('InvalidConfig', `a reason has at most ${MAX_REASON_BYTES} bytes of UTF-8`);
  }
  if (!(Number.isFinite(lingerMs) && lingerMs >= 0)) {
    throw new VCLError('InvalidConfig', `lingerMs is a number of milliseconds: got ${lingerMs}`);
  }
}
