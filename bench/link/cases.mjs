// What is measured. A case fills a side of the link with messages, or sends some now and then.

const KIB = 1024;

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {readonly ('link' | 'carriers')[]} suites the benchmarks that have it
 * @property {number} messageBytes what is given to `send` at once
 * @property {number} [rawBytes] a datagram of the raw peer, when it cannot carry a message whole
 * @property {number} [perSecond] messages a second; without it, as many as go
 * @property {'goodput' | 'messages' | 'latency'} figure what the result is
 */

/** @type {readonly Case[]} */
export const CASES = [
  {
    name: 'bulk',
    suites: ['link', 'carriers'],
    title: 'Bulk goodput, messages of 64 KiB, one way',
    messageBytes: 64 * KIB,
    // What a full datagram of VCL has: fragmentSize 1,200 and 32 bytes around it (SPEC 3.3).
    rawBytes: 1232,
    figure: 'goodput',
  },
  {
    name: 'small',
    suites: ['link'],
    title: 'Messages of 64 bytes a second, one way',
    messageBytes: 64,
    figure: 'messages',
  },
  {
    name: 'latency',
    suites: ['link', 'carriers'],
    title: 'One-way latency of 64 bytes, 1,000 messages a second',
    messageBytes: 64,
    perSecond: 1000,
    figure: 'latency',
  },
];
