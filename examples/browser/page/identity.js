import { exportIdentity, importIdentity, KeyPair } from 'vcl-protocol';

const NAME = 'vcl-identity';

/**
 * Who this page is: the identity that was stored here before, or a new one. Every script of the origin
 * can read it; a page with more to lose keeps it in memory only, or asks the user for it.
 */
export function ownIdentity() {
  try {
    return importIdentity(localStorage.getItem(NAME) ?? '');
  } catch {
    const identity = KeyPair.generate();
    localStorage.setItem(NAME, exportIdentity(identity));
    return identity;
  }
}
