import { concat } from '../crypto/bytes.js';
import { CloseCode } from '../wire/close-codes.js';
import { type Drop, isDrop } from './drop-reason.js';
import { decodeServerFlight } from './flights.js';
import { type HandshakeSecrets, handshakeSecrets, wipeHandshakeSecrets } from './key-schedule.js';
import { GROUP_X25519, KEY_BYTES, SUITE_1 } from './registry.js';
import { openAuthentication } from './sealed.js';
import type { SentHello } from './sent-hello.js';
import { decodeServerHello, type ServerHello } from './server-hello.js';

/** A server flight that is well-formed and answers the hello; nothing of it is authentic yet. */
export interface ParsedServerFlight {
  readonly serverHello: ServerHello;
  /** The whole SH message. */
  readonly helloMessage: Uint8Array;
  /** The whole SEALED message. */
  readonly sealed: Uint8Array;
}

/** A server that proved its identity and saw the hello exactly as it was sent. */
export interface VerifiedServer {
  readonly serverHello: ServerHello;
  readonly serverKey: Uint8Array;
  readonly secrets: HandshakeSecrets;
  /** `H(CH || SH)`. */
  readonly helloHash: Uint8Array;
  /** All messages through the server's FIN. */
  readonly transcript: Uint8Array;
}

const WRONG_KEY: Drop = { drop: 'wrong-key' };

/** The cheap part: layout, and whether the choices were among the offers. */
export function parseServerFlight(sent: SentHello, flight: Uint8Array): ParsedServerFlight | Drop {
  const messages = decodeServerFlight(flight);
  const serverHello = messages && decodeServerHello(messages.serverHello);
  if (messages === undefined || serverHello === undefined) return { drop: 'malformed' };
  const { version, refuse, suite, share } = serverHello;
  if (suite !== SUITE_1) return { drop: 'suite' };
  if (share.group !== GROUP_X25519 || share.share.length !== KEY_BYTES) return { drop: 'group' };
  // A server without a common version names one of its own and says so by its refusal.
  if (refuse !== CloseCode.VERSION && !sent.hello.versions.includes(version)) {
    return { drop: 'version' };
  }
  return { serverHello, helloMessage: messages.serverHello, sealed: messages.sealed };
}

/** The dear part: one X25519, one signature check. */
export function verifyServerFlight(
  sent: SentHello,
  parsed: ParsedServerFlight,
): VerifiedServer | Drop {
  const { crypto } = sent;
  const dh = crypto.x25519(sent.ephemeral, parsed.serverHello.share.share);
  if (dh === undefined) return { drop: 'low-order' };
  const hellos = concat(sent.message, parsed.helloMessage);
  const helloHash = crypto.sha256(hellos);
  const secrets = handshakeSecrets(crypto, sent.early, dh, helloHash);
  dh.fill(0);
  const opened = openAuthentication(
    { crypto, sender: 'server', secret: secrets.server, helloHash, transcript: hellos },
    parsed.sealed,
  );
  const checked = isDrop(opened) || isPinned(sent, opened.publicKey) ? opened : WRONG_KEY;
  if (isDrop(checked)) {
    wipeHandshakeSecrets(secrets);
    return checked;
  }
  return {
    serverHello: parsed.serverHello,
    serverKey: checked.publicKey,
    secrets,
    helloHash,
    transcript: checked.transcript,
  };
}

function isPinned(sent: SentHello, serverKey: Uint8Array): boolean {
  const pinned = sent.pinnedServerKey;
  return pinned === undefined || sent.crypto.equal(pinned, serverKey);
}
