// A certificate for the suites that speak TLS on this machine.
import { generate } from 'selfsigned';

/**
 * Makes a certificate that is its own authority.
 *
 * @param {string[]} addresses numeric addresses that it is for, beside localhost
 * @returns {Promise<{ cert: string, key: string }>} both PEM
 */
export async function makeCertificate(addresses = ['127.0.0.1']) {
  const altNames = [{ type: 2, value: 'localhost' }, ...addresses.map((ip) => ({ type: 7, ip }))];
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert, key };
}
