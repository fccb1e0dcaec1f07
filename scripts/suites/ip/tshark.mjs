// What tshark says about the packets of a capture, in the words of ParsedPacket.
import { spawnSync } from 'node:child_process';
import { formatIp, parseIp } from '../../../packages/tunnel/dist/core/ip/ip-address.js';

const LIMIT_MS = 120_000;
const FIELDS = [
  'frame.number',
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ip.ttl',
  'ip.len',
  'ip.id',
  'ip.flags.mf',
  'ip.frag_offset',
  'ip.checksum.status',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.hlim',
  'ipv6.plen',
  'ipv6.fraghdr.ident',
  'ipv6.fraghdr.offset',
  'ipv6.fraghdr.more',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags.syn',
  'tcp.flags.ack',
  'tcp.flags.fin',
  'tcp.flags.reset',
  'tcp.hdr_len',
  'tcp.checksum.status',
  'udp.srcport',
  'udp.dstport',
  'udp.checksum.status',
  'icmp.type',
  'icmp.code',
  'icmp.checksum.status',
  'icmpv6.type',
  'icmpv6.code',
  'icmpv6.checksum.status',
];
/** Every packet by itself, and checksums looked at. */
const PREFERENCES = [
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
];
/** Layers between IP and what it carries. */
const EXTENSIONS = /^(ipv6\.|ah$|mipv6|shim6|hip)/;
const IS_IP = /^\d+\t[^\t]*:ip(v6)?\b/;
const STATUS = { 0: false, 1: true };

/** @param {string} file @returns {Map<number, { isMalformed: boolean, reading: object }>} by frame number */
export function askTshark(file) {
  const args = ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=f', '-E', 'separator=/t'];
  for (const preference of PREFERENCES) args.push('-o', preference);
  for (const field of FIELDS) args.push('-e', field);
  const options = { encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 2 ** 28 };
  const { status, stdout, stderr } = spawnSync('tshark', args, options);
  if (status !== 0) throw new Error(`tshark has failed: ${stderr}`);
  const rows = stdout.split('\n').filter((line) => IS_IP.test(line));
  return new Map(
    rows.map((line) => {
      const values = line.split('\t');
      const row = Object.fromEntries(FIELDS.map((field, i) => [field, values[i] ?? '']));
      return [Number(row['frame.number']), factsOf(row)];
    }),
  );
}

function factsOf(row) {
  const layers = row['frame.protocols'].split(':').slice(2);
  const version = layers[0] === 'ip' ? 4 : 6;
  const carried = layers.slice(1).find((layer) => !EXTENSIONS.test(layer));
  // Fields of a packet that an error quotes come after its own, where it has such.
  const own = layers.slice(0, layers.indexOf(carried) + 1);
  const hasFragmentHeader = own.includes('ipv6.fraghdr');
  const facts = version === 4 ? factsOf4(row) : factsOf6(row, hasFragmentHeader);
  const isLater = (facts.fragment?.offset ?? 0) > 0;
  const transport = transportOf(row, isLater ? 'fragment' : carried);
  // At a broken extension header it gives up without a word.
  const gaveUp = carried === undefined || (carried === 'data' && own.length > 2);
  const isMalformed = layers.includes('_ws.malformed') || gaveUp;
  return { isMalformed, reading: { ipVersion: version, ...facts, ...transport } };
}

function factsOf4(row) {
  const fragment = {
    id: Number(row['ip.id']),
    // In units of 8 bytes, as in the header.
    offset: 8 * Number(row['ip.frag_offset']),
    moreFragments: isSet(row['ip.flags.mf']),
  };
  return {
    srcIp: row['ip.src'],
    dstIp: row['ip.dst'],
    ttl: Number(row['ip.ttl']),
    totalLen: Number(row['ip.len']),
    isHeaderChecksumValid: STATUS[row['ip.checksum.status']],
    fragment: fragment.offset > 0 || fragment.moreFragments ? fragment : undefined,
  };
}

function factsOf6(row, hasFragmentHeader) {
  const fragment = {
    id: Number(row['ipv6.fraghdr.ident']),
    offset: 8 * Number(row['ipv6.fraghdr.offset']),
    moreFragments: isSet(row['ipv6.fraghdr.more']),
  };
  return {
    srcIp: canonical(row['ipv6.src']),
    dstIp: canonical(row['ipv6.dst']),
    ttl: Number(row['ipv6.hlim']),
    totalLen: 40 + Number(row['ipv6.plen']),
    isHeaderChecksumValid: undefined,
    fragment: hasFragmentHeader ? fragment : undefined,
  };
}

/** @param {string | undefined} carried the layer above IP */
function transportOf(row, carried) {
  const number = (field) => (row[field] === '' ? undefined : Number(row[field]));
  const checksum = STATUS[row[`${carried}.checksum.status`]];
  switch (carried) {
    case 'tcp':
      return {
        type: 'tcp',
        srcPort: number('tcp.srcport'),
        dstPort: number('tcp.dstport'),
        syn: isSet(row['tcp.flags.syn']),
        ack: isSet(row['tcp.flags.ack']),
        fin: isSet(row['tcp.flags.fin']),
        rst: isSet(row['tcp.flags.reset']),
        headerBytes: number('tcp.hdr_len'),
        checksum,
      };
    case 'udp':
      return {
        type: 'udp',
        srcPort: number('udp.srcport'),
        dstPort: number('udp.dstport'),
        headerBytes: 8,
        checksum,
      };
    case 'icmp':
    case 'icmpv6':
      return {
        type: carried,
        icmpType: number(`${carried}.type`),
        code: number(`${carried}.code`),
        checksum,
      };
    default:
      return { type: carried === 'fragment' ? 'fragment' : 'other', checksum: undefined };
  }
}

/** tshark writes some addresses that begin with zeros with the bytes of IPv4. */
function canonical(address) {
  return formatIp(parseIp(address));
}

/** Versions of tshark say it in different ways. */
function isSet(value) {
  return value === '1' || value === 'True';
}
