const IPV6_GROUPS = 8;
const PREFIX_GROUPS = 4;

/**
 * The part of an IP address that one subscriber holds: all of an IPv4 address, the first 64 bits of
 * an IPv6 address. IPv4 inside IPv6 (`::ffff:192.0.2.1`) counts as IPv4. Anything else stands for
 * itself.
 */
export function addressPrefix(address: string): string {
  if (!address.includes(':')) return address;
  const bare = address.split('%', 1)[0]!.toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (mapped !== null) return mapped[1]!;
  const [head = '', tail] = bare.split('::', 2);
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const zeros = Math.max(0, IPV6_GROUPS - front.length - back.length);
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back];
  return `${groups.slice(0, PREFIX_GROUPS).join(':')}::/64`;
}

function groupsOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    // A dotted tail holds two groups; their value lies outside of the prefix.
    if (group.includes('.')) return ['0', '0'];
    return [group.replace(/^0+(?=.)/, '')];
  });
}
