import type { HandshakeResult } from '../handshake/handshake-result.js';

/** Cuts pieces out of one block, one after the other. */
class Packer {
  readonly #block: Uint8Array;
  #used = 0;

  constructor(bytes: number) {
    this.#block = new Uint8Array(bytes);
  }

  put(bytes: Uint8Array): Uint8Array {
    const start = this.#used;
    this.#used += bytes.length;
    this.#block.set(bytes, start);
    return this.#block.subarray(start, this.#used);
  }
}

/**
 * The result of a handshake with its short byte strings in one block: each array of its own would
 * take several times its bytes, for as long as the session lives. The secrets of the original that
 * are copied are wiped.
 */
export function packedHandshake(result: HandshakeResult): HandshakeResult {
  // Key log lines are for debugging: such a result stays as it is.
  if (result.keyLogLines !== undefined) return result;
  const { role, version, epoch0, peerParams, rttSampleMs } = result;
  const { sid, th, exporter, hpKeys, serverKey, clientKey, peerCid, localCid, attempt } = result;
  const all = [sid, th, exporter, ...hpKeys, serverKey, clientKey, peerCid, localCid, attempt];
  const packer = new Packer(all.reduce((sum, bytes) => sum + bytes.length, 0));
  // Spelled out, as an object made by spreading gets a hidden class of its own.
  const packed = {
    role,
    version,
    sid: packer.put(sid),
    th: packer.put(th),
    exporter: packer.put(exporter),
    epoch0,
    hpKeys: [packer.put(hpKeys[0]), packer.put(hpKeys[1])] as const,
    serverKey: packer.put(serverKey),
    clientKey: packer.put(clientKey),
    peerParams,
    peerCid: packer.put(peerCid),
    localCid: packer.put(localCid),
    attempt: packer.put(attempt),
  };
  for (const secret of [exporter, ...hpKeys]) secret.fill(0);
  return rttSampleMs === undefined ? packed : Object.assign(packed, { rttSampleMs });
}
