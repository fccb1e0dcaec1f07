// What networks drop, as rules of nftables.

export const NO_UDP = ['meta l4proto udp drop'];

/** Datagrams pass in one direction only. */
export const NO_UDP_DOWN = ['iifname "toserver" meta l4proto udp drop'];
export const NO_UDP_UP = ['iifname "toclient" meta l4proto udp drop'];

export const NO_TCP = ['meta l4proto tcp drop'];

/** So many of a hundred datagrams are lost, each way. */
export const LOSSY_UDP = ['meta l4proto udp numgen random mod 100 < 40 drop'];

/** Everything but TCP to port 443. */
export const ONLY_443 = ['tcp dport 443 accept', 'tcp sport 443 accept', 'drop'];

/** Beside that, a connection has to begin as TLS does, or with a capital letter, as HTTP does. */
export const ONLY_TLS_AND_HTTP = [
  'tcp sport 443 accept',
  'tcp dport 443 ct mark 1 accept',
  'tcp dport 443 @ih,0,8 0x16 ct mark set 1 accept',
  'tcp dport 443 @ih,0,8 0x41-0x5a ct mark set 1 accept',
  // Only packets without contents have no first byte to compare.
  'tcp dport 443 @ih,0,8 0-255 drop',
  'tcp dport 443 accept',
  'drop',
];

/** The same, for those that let TLS pass only. */
export const ONLY_TLS = ONLY_TLS_AND_HTTP.filter((rule) => !rule.includes('0x41'));

/** Every TCP connection is reset, on the side whose packet comes by. */
export const RESET_TCP = ['meta l4proto tcp reject with tcp reset'];
