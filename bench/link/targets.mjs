// What VCL is held to, beside the peers of the same run.

const LINK_RATIOS = [
  { peer: 'vcl-dgram', to: 'raw', least: 0.25 },
  { peer: 'vcl-dgram', to: 'udx', least: 0.4 },
  { peer: 'vcl-koffi', to: 'raw', least: 0.5 },
  { peer: 'vcl-koffi', to: 'udx', least: 0.7 },
];
const CARRIER_RATIOS = [
  { peer: 'vcl-tcp', to: 'tls', least: 0.3 },
  { peer: 'vcl-tcp', to: 'tls-chacha', least: 0.4 },
  { peer: 'vcl-ws', to: 'ws', least: 0.4 },
];
const VCL_PEERS = ['vcl-dgram', 'vcl-koffi'];
/** One driver that does it is enough: they carry the same messages. */
const SIGNED_MESSAGES_PER_SECOND = 100_000;

/**
 * @param cases as `summarise` returns them
 * @param {'link' | 'carriers'} suite
 * @returns {{ what: string, value: number, least: number, isMet: boolean }[]} of peers that took part
 */
export function judge(cases, suite) {
  const ratios = suite === 'link' ? LINK_RATIOS : CARRIER_RATIOS;
  return [
    ...ratioTargets(find(cases, 'bulk'), ratios),
    ...messageTargets(find(cases, 'small')),
  ].map((target) => ({ ...target, isMet: target.value >= target.least }));
}

function ratioTargets(bulk, ratios) {
  return ratios.flatMap(({ peer, to, least }) => {
    const [ours, theirs] = [peer, to].map((name) => bulk.get(name)?.mbitPerSecond.median);
    if (ours === undefined || theirs === undefined) return [];
    return [{ what: `bulk, ${peer} to ${to}`, value: ours / theirs, least }];
  });
}

function messageTargets(small) {
  const rates = VCL_PEERS.flatMap((name) => {
    const peer = small.get(name);
    return peer ? [peer.messagesPerSecond.median * peer.verified.median] : [];
  });
  if (rates.length === 0) return [];
  const what = 'signed messages of 64 bytes a second, the better driver';
  return [{ what, value: Math.max(...rates), least: SIGNED_MESSAGES_PER_SECOND }];
}

/** @returns {Map<string, object>} the peers of a case, none when it was not run */
function find(cases, name) {
  const peers = cases.find((one) => one.name === name)?.peers ?? [];
  return new Map(peers.map((peer) => [peer.peer, peer]));
}
