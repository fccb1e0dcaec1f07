// A crypto provider that writes down the X25519 secrets it is given, so that the other implementation
// can compute a key schedule from its beginning.
import { appendFileSync } from 'node:fs';

/**
 * Wraps a provider. The file gets a line `X25519 public secret` for each key, in hex.
 *
 * @param provider what does the work
 * @param {string} file
 */
export function tellingProvider(provider, file) {
  return new Proxy(provider, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'x25519PublicKey') return value.bind(target);
      return (secret) => {
        const publicKey = target.x25519PublicKey(secret);
        appendFileSync(file, `X25519 ${hex(publicKey)} ${hex(secret)}\n`);
        return publicKey;
      };
    },
  });
}

function hex(bytes) {
  return Buffer.from(bytes).toString('hex');
}
