import type { Command } from '../../src/system/command.js';
import { FakeSystem } from './fake-system.js';

/** Routes of a machine, and the addresses of its interface. */
export class FakeMachine {
  readonly system = new FakeSystem();
  readonly addresses = new Set<string>();
  commands = 0;
  /** What fails. */
  refused = /^$/;

  constructor() {
    this.system.other('ip -4 route replace default dev eth0');
    this.system.other('ip -6 route replace default dev eth0');
  }

  readonly run = async (command: Command): Promise<string> => {
    this.commands++;
    const [object, verb, address] = command.args;
    if (this.refused.test(command.args.join(' '))) throw new Error('RTNETLINK: refused');
    if (object === 'link') return '';
    if (object !== 'address') return await this.system.run(command);
    if (verb === 'delete') this.#delete(address!);
    else this.addresses.add(address!);
    return '';
  };

  /** With its last address of IPv4 an interface loses its routes, as in the kernel. */
  #delete(address: string): void {
    this.addresses.delete(address);
    const isLast = ![...this.addresses].some((other) => !other.includes(':'));
    if (isLast && !address.includes(':')) this.system.flush4('vcl0');
  }
}
