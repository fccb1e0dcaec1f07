/** A lane of messages: 0 is R (ordered, reliable), 1 is L (lossy) (SPEC 1). */
export type ChainLane = 0 | 1;

/** Who sends: 0 is client to server, 1 is server to client (SPEC 1). */
export type ChainDirection = 0 | 1;

/** Bytes of a leaf, a link, a statement hash and every other SHA-256 (SPEC 8). */
export const HASH_BYTES = 32;
