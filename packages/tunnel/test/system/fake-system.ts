import { parseIp } from '../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../src/core/ip/ip-prefix.js';
import type { Command, Runner } from '../../src/system/command.js';

interface FakeRoute {
  readonly family: string;
  readonly table: string;
  readonly to: string;
  /** Undefined for what is unreachable. */
  readonly device: string | undefined;
  readonly metric: number;
}

interface FakeRule {
  readonly family: string;
  readonly preference: number;
  readonly to: string | undefined;
  readonly table: string;
  /** Routes of so many bits or fewer do not count. */
  readonly suppressed: number;
}

/** The routes and rules of a machine, as `ip` of iproute2 changes them. */
export class FakeSystem {
  readonly commands: string[] = [];
  readonly nftTables = new Set<string>();
  #routes: FakeRoute[] = [];
  #rules: FakeRule[] = [
    { family: '4', preference: 32_766, to: undefined, table: 'main', suppressed: -1 },
    { family: '6', preference: 32_766, to: undefined, table: 'main', suppressed: -1 },
  ];
  /** The process is killed at this command, before or after it took effect; -1 for never. */
  crashAt = -1;
  crashesAfterwards = false;

  readonly run: Runner = async (command: Command) => {
    this.commands.push([command.program, ...command.args].join(' '));
    const isLast = this.commands.length - 1 === this.crashAt;
    if (isLast && !this.crashesAfterwards) throw new Error('killed');
    this.#perform(command);
    if (isLast) throw new Error('killed');
    return '';
  };

  /** Everything, to be compared. */
  get state(): string {
    const nft = [...this.nftTables];
    return JSON.stringify([this.#routes.map(String).length, this.#routes, this.#rules, nft]);
  }

  /** Another program's command. */
  other(text: string): void {
    const [program = '', ...args] = text.split(' ');
    this.#perform({ program, args });
  }

  /** The interface has no address of IPv4 any more. */
  flush4(device: string): void {
    this.#routes = this.#routes.filter((one) => one.device !== device || one.family !== '4');
  }

  /** The interface is gone, and the routes through it. */
  remove(device: string): void {
    this.#routes = this.#routes.filter((route) => route.device !== device);
  }

  /** Through which interface a packet leaves. */
  deviceFor(address: string): string {
    const bytes = parseIp(address)!;
    const family = bytes.length === 4 ? '4' : '6';
    const rules = this.#rules.filter((rule) => rule.family === family && covers(rule.to, bytes));
    for (const rule of rules.toSorted((a, b) => a.preference - b.preference)) {
      const [best] = this.#routes
        .filter((route) => route.family === family && route.table === rule.table)
        .filter((route) => covers(route.to, bytes))
        .toSorted((a, b) => bitsOf(b.to) - bitsOf(a.to) || a.metric - b.metric);
      if (best !== undefined && bitsOf(best.to) > rule.suppressed) {
        return best.device ?? 'unreachable';
      }
    }
    return 'unreachable';
  }

  #perform({ program, args, input }: Command): void {
    if (program === 'nft') this.#performNft(args, input ?? '');
    else if (args[1] === 'route') this.#performRoute(args[0]!.slice(1), args[2]!, args.slice(3));
    else if (args[1] === 'rule') this.#performRule(args[0]!.slice(1), args[2]!, args.slice(3));
    else throw new Error(`the test does not know: ${program} ${args.join(' ')}`);
  }

  #performRoute(family: string, verb: string, args: readonly string[]): void {
    const to = args[0] === 'unreachable' ? args[1]! : args[0]!;
    const fallback = family === '4' ? 0 : 1_024;
    const route: FakeRoute = {
      family,
      to,
      table: after(args, 'table') ?? 'main',
      device: after(args, 'dev'),
      metric: Number(after(args, 'metric') ?? fallback),
    };
    const isSame = (other: FakeRoute) =>
      other.family === family &&
      other.to === to &&
      other.table === route.table &&
      other.metric === route.metric;
    if (verb === 'replace') {
      this.#routes = [...this.#routes.filter((other) => !isSame(other)), route];
      return;
    }
    // Like the kernel for IPv6: what is unreachable is found whatever its interface is.
    const index = this.#routes.findIndex(
      (other) => isSame(other) && (route.device === undefined || other.device === route.device),
    );
    if (index < 0) throw new Error('RTNETLINK answers: No such process');
    this.#routes.splice(index, 1);
  }

  #performRule(family: string, verb: string, args: readonly string[]): void {
    const rule: FakeRule = {
      family,
      preference: Number(after(args, 'preference')),
      to: after(args, 'to'),
      table: after(args, 'lookup')!,
      suppressed: Number(after(args, 'suppress_prefixlength') ?? -1),
    };
    const text = JSON.stringify(rule);
    const index = this.#rules.findIndex((other) => JSON.stringify(other) === text);
    if (verb === 'add' && index >= 0) throw new Error('RTNETLINK answers: File exists');
    if (verb === 'add') this.#rules.push(rule);
    else if (index < 0) throw new Error('RTNETLINK answers: No such file or directory');
    else this.#rules.splice(index, 1);
  }

  #performNft(args: readonly string[], input: string): void {
    if (args[0] === '-f') {
      this.nftTables.add(/^table inet (\S+) \{/m.exec(input)![1]!);
    } else if (!this.nftTables.delete(args[3]!)) {
      throw new Error('Error: Could not process rule: No such file or directory');
    }
  }
}

function after(args: readonly string[], word: string): string | undefined {
  const index = args.indexOf(word);
  return index < 0 ? undefined : args[index + 1];
}

function covers(to: string | undefined, address: Uint8Array): boolean {
  if (to === undefined || to === 'default') return true;
  return IpPrefix.parse(to).contains(address);
}

function bitsOf(to: string): number {
  return to === 'default' ? 0 : IpPrefix.parse(to).bits;
}
