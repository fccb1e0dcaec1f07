// What VCL is held to, beside the peers of the same run.

const RATIOS = [
  { case: 'offloads-off', peer: 'vcl', to: ['wireguard-go'], least: 1.5 },
  { case: 'offloads-off', peer: 'vcl', to: ['openvpn'], least: 1.3 },
  { case: 'offloads-off', peer: 'vcl-dgram', to: ['openvpn'], least: 0.8 },
  { case: 'lossy', peer: 'vcl', to: ['wireguard-go', 'openvpn'], least: 0.9 },
];

/**
 * @param cases as `summarise` returns them
 * @param {string[]} wanted the peers that were to take part
 * @returns {{ what: string, value: number | undefined, least: number, isMet: boolean }[]} without a
 *   value when a peer that it needs has no figure
 */
export function judge(cases, wanted) {
  return RATIOS.flatMap(({ case: name, peer, to, least }) => {
    const found = cases.find((one) => one.name === name);
    if (found === undefined || ![peer, ...to].every((one) => wanted.includes(one))) return [];
    const ours = mbitOf(found, peer);
    const theirs = Math.max(...to.map((one) => mbitOf(found, one)));
    const ratio = ours / theirs;
    const value = Number.isNaN(ratio) ? undefined : ratio;
    const others = to.length > 1 ? `the better of ${to.join(' and ')}` : to[0];
    const what = `${name}, ${peer} to ${others}`;
    return [{ what, value, least, isMet: value !== undefined && value >= least }];
  });
}

/** NaN without a figure, which makes all that is reckoned from it NaN. */
function mbitOf({ peers }, name) {
  return peers.find(({ peer }) => peer === name)?.mbitPerSecond?.median ?? Number.NaN;
}
