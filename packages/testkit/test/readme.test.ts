import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { timeOverBadLine } from './readme-example.js';
import { EchoClient, EchoServer } from './support/echo-machine.js';

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

it('shows in the README the code of readme-example.ts', () => {
  const block = /```ts\n([\s\S]*?)```/.exec(read('../README.md'))?.[1];
  expect(block).toBe(read('./readme-example.ts'));
});

it('does what the README says', () => {
  const run = (): number => {
    const client = new EchoClient({ address: '192.0.2.1', port: 443 }, 40);
    return timeOverBadLine(client, new EchoServer(), () => client.isDone);
  };
  expect(run()).toBeGreaterThan(40 * 80);
  expect(run()).toBe(run());
});

it('says so when a run does not come to its end', () => {
  const client = new EchoClient({ address: '192.0.2.1', port: 443 }, 1);
  expect(() => timeOverBadLine(client, new EchoServer(), () => false)).toThrow('not done');
});
