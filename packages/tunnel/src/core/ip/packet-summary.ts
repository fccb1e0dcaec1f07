import type { ParsedPacket } from './parsed-packet.js';
import type { TcpTransport } from './transport-protocol.js';

/** One line about a packet: protocol, ends, what matters of the protocol, and its length. */
export function summaryOf(packet: ParsedPacket): string {
  const { transport, srcIp, dstIp } = packet;
  const bytes = `(${packet.totalLen} bytes)`;
  switch (transport.type) {
    case 'tcp': {
      const flag = flagOf(transport);
      return `TCP ${endsOf(packet, transport)}${flag === '' ? '' : ` ${flag}`} ${bytes}`;
    }
    case 'udp':
      return `UDP ${endsOf(packet, transport)} ${bytes}`;
    case 'icmp':
    case 'icmpv6': {
      const name = transport.type === 'icmp' ? 'ICMP' : 'ICMPv6';
      const { icmpType, code } = transport;
      return `${name} ${srcIp} → ${dstIp} type=${icmpType} code=${code} ${bytes}`;
    }
    case 'fragment': {
      const { protocolNumber, fragmentOffset } = transport;
      const offset = `offset=${fragmentOffset}`;
      return `Fragment#${protocolNumber} ${srcIp} → ${dstIp} ${offset} ${bytes}`;
    }
    case 'other':
      return `Proto#${transport.protocolNumber} ${srcIp} → ${dstIp} ${bytes}`;
  }
}

function endsOf(packet: ParsedPacket, ports: { srcPort: number; dstPort: number }): string {
  const from = `${hostOf(packet, packet.srcIp)}:${ports.srcPort}`;
  return `${from} → ${hostOf(packet, packet.dstIp)}:${ports.dstPort}`;
}

function hostOf(packet: ParsedPacket, ip: string): string {
  return packet.isIpv6() ? `[${ip}]` : ip;
}

function flagOf(tcp: TcpTransport): string {
  if (tcp.syn) return 'SYN';
  if (tcp.fin) return 'FIN';
  return tcp.rst ? 'RST' : '';
}
