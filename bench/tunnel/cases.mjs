// What is measured: one stream of TCP from the client's side to the server's, over three links.

/**
 * @typedef {object} Link
 * @property {boolean} offloads of a veth: whether segments and trains of datagrams may cross it uncut
 * @property {Shape} [shape] with it, the link is an emulator
 */

/**
 * @typedef {object} Shape
 * @property {number} delayMs on the way to the server; there is none on the way back
 * @property {number} lossPercent on the way to the server
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {Link} link
 * @property {'cubic' | 'bbr'} congestion of the inner TCP
 * @property {number} seconds what is measured in a round, unless the command says otherwise
 * @property {{ count: number, everyMs: number }} pings through the idle tunnel
 */

const MANY_PINGS = { count: 100, everyMs: 10 };
const FEW_PINGS = { count: 40, everyMs: 25 };

/** @type {readonly Case[]} */
export const CASES = [
  {
    name: 'offloads-off',
    title: 'Link with offloads off: every datagram crosses alone, as on a wire; TCP cubic',
    link: { offloads: false },
    congestion: 'cubic',
    seconds: 3,
    pings: MANY_PINGS,
  },
  {
    name: 'offloads-on',
    title: 'Link with offloads on: trains of datagrams cross as one; TCP cubic',
    link: { offloads: true },
    congestion: 'cubic',
    seconds: 3,
    pings: MANY_PINGS,
  },
  {
    name: 'lossy',
    title: '20 ms, and 1 of 100 frames lost, on the way to the server; TCP bbr',
    link: { offloads: false, shape: { delayMs: 20, lossPercent: 1 } },
    congestion: 'bbr',
    seconds: 5,
    pings: FEW_PINGS,
  },
];

/** What the emulator carries when it neither waits nor loses: what it would limit shows here. */
export const CEILING = {
  link: { offloads: false, shape: { delayMs: 0, lossPercent: 0 } },
  congestion: 'cubic',
  seconds: 2,
  pings: FEW_PINGS,
};
