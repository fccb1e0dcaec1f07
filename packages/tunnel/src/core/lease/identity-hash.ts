/**
 * A number that depends on all of a text, from 0 to 2^32 - 1: FNV-1a, then the finalizer of
 * MurmurHash3. Who chooses identities can choose its outcome, which gains nobody more than a wish
 * for an address.
 */
export function hashIdentity(identity: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < identity.length; i++) {
    hash = Math.imul(hash ^ identity.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
