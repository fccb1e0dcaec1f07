/**
 * Why something that arrived was dropped.
 *
 * - `malformed`: no packet or hello of this wire
 * - `stranger`: from another address than the peer's
 * - `handshake`: a hello when none was expected, or one that nobody honest sends
 * - `replay`: a packet that was there before
 * - `reflected`: one of this side's own packets
 * - `chain`: it does not follow the last one, or is too far ahead
 * - `signature`: signed by another key
 * - `decrypt`: not sealed with the session's key
 * - `content`: genuine, and of a form that the crate does not send
 * - `rotation`: a rotation that was refused
 * - `limit`: more than this side is willing to hold
 * - `closed`: it came after the end
 */
export type LegacyDropReason =
  | 'malformed'
  | 'stranger'
  | 'handshake'
  | 'replay'
  | 'reflected'
  | 'chain'
  | 'signature'
  | 'decrypt'
  | 'content'
  | 'rotation'
  | 'limit'
  | 'closed';
