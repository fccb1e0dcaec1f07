import { encodePublicKey, fingerprint } from 'vcl-protocol';
import { formatTable } from './format.js';
import type { Output } from './output.js';

/** What `vcl keygen --json` and `vcl pubkey --json` print. */
export interface KeyDocument {
  /** The identity file. */
  readonly file: string;
  /** `vcl-ed25519:` and base64url. */
  readonly publicKey: string;
  /** `SHA256:` and base64, as OpenSSH writes it. */
  readonly fingerprint: string;
}

/** Shows the public half of an identity. */
export function showKey(output: Output, file: string, publicKey: Uint8Array): void {
  const document: KeyDocument = {
    file,
    publicKey: encodePublicKey(publicKey),
    fingerprint: fingerprint(publicKey),
  };
  output.result(document, (paint) =>
    formatTable(
      [
        ['identity', document.file],
        ['public key', paint.bold(document.publicKey)],
        ['fingerprint', document.fingerprint],
      ],
      '',
    ),
  );
}
