import { expect, it } from 'vitest';
import { Serial } from '../../src/node/identity/serial.js';

it('starts no task before the one ahead of it has ended', async () => {
  const serial = new Serial();
  const steps: string[] = [];
  const task = (name: string) => async () => {
    steps.push(`${name} begins`);
    await Promise.resolve();
    steps.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all(['a', 'b', 'c'].map((name) => serial.run(task(name))));
  expect(results).toEqual(['a', 'b', 'c']);
  expect(steps).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

it('tells a failure to its own caller only and goes on', async () => {
  const serial = new Serial();
  const failed = serial.run(() => Promise.reject(new Error('disk full')));
  const next = serial.run(() => Promise.resolve('next'));
  await expect(failed).rejects.toThrow('disk full');
  expect(await next).toBe('next');
});
