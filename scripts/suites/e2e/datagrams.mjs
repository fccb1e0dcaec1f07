// Datagrams of a client, seen at the router: with the key log of the client, their packet numbers.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecords } from './record-reader.mjs';
import { begin } from './traffic.mjs';
import { eventually } from './vpn.mjs';

/** struct pcap_hdr and pcaprec_hdr. */
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
/** IPv4 without options, UDP. */
const IP_BYTES = 20;
const UDP_BYTES = 8;
const SERVER_PORT = 51_820;

/** Captures what crosses a client's cable. @returns `stop`, which gives the capture */
export async function watchDatagrams(network, side) {
  const file = join(tmpdir(), `vcl-e2e-${process.pid}.pcap`);
  const filter = ['-w', file, 'udp', 'port', String(SERVER_PORT)];
  const options = ['-q', '-n', '-U', '--immediate-mode', '-i', `to${side}`];
  const running = begin(network, 'r', 'tcpdump', ...options, ...filter);
  await eventually('tcpdump captures', () => readIfThere(file).length >= FILE_HEADER_BYTES);
  return {
    async stop() {
      running.child.kill('SIGTERM');
      await running.ended;
      const capture = readIfThere(file);
      rmSync(file, { force: true });
      return capture;
    },
  };
}

/**
 * Looks for nonces that were used twice. A nonce is made of path and packet number, and each epoch of
 * each direction has a key of its own.
 *
 * @param keyLog the client's
 * @returns `sessions`, `records`, and how many of those had the nonce of another one
 */
export function repeatedNonces(capture, keyLog) {
  const records = readRecords(keyLog, datagrams(capture));
  const nonces = new Set(records.map(({ session, key, number }) => `${session} ${key} ${number}`));
  const sessions = new Set(records.map(({ session }) => session)).size;
  return { sessions, records: records.length, repeated: records.length - nonces.size };
}

function* datagrams(capture) {
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= capture.length; ) {
    const bytes = capture.readUInt32LE(at + 8);
    const udp = at + RECORD_HEADER_BYTES + ETHERNET_BYTES + IP_BYTES;
    at += RECORD_HEADER_BYTES + bytes;
    const payload = capture.subarray(udp + UDP_BYTES, at);
    yield { payload, isFromServer: capture.readUInt16BE(udp) === SERVER_PORT };
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
