import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { VCLError } from '@vcl-protocol/core';
import { reasonOf } from '../files/reason.js';

/**
 * Reads certificates.
 *
 * @param flag the option that has named the file, for the message
 * @throws VCLError `IoError` when it cannot be read, `InvalidConfig` when it holds no certificate
 */
export function readCertificates(flag: string, file: string): string {
  const pem = read(flag, file);
  tryTo(`${flag} ${file} holds no certificate in PEM`, () => new X509Certificate(pem));
  return pem;
}

/**
 * Reads the certificate of a server and its key, and makes sure that they belong together.
 *
 * @throws VCLError `IoError` or `InvalidConfig` that names the option
 */
export function readServerCertificate(
  certFile: string,
  keyFile: string,
): { readonly cert: string; readonly key: string } {
  const cert = readCertificates('--tls-cert', certFile);
  const key = read('--tls-key', keyFile);
  const noKey = `--tls-key ${keyFile} holds no private key in PEM without a password`;
  const privateKey = tryTo(noKey, () => createPrivateKey(key));
  if (new X509Certificate(cert).checkPrivateKey(privateKey)) return { cert, key };
  throw new VCLError(
    'InvalidConfig',
    `--tls-key ${keyFile} is not the key of the first certificate in --tls-cert ${certFile}`,
  );
}

function read(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new VCLError('IoError', `${flag} ${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function tryTo<T>(message: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new VCLError('InvalidConfig', message, { cause });
  }
}
