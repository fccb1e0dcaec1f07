import { describe, expect, it } from 'vitest';
import { AskedIntake, askedNames } from '../../src/transfer/roles/asked-intake.js';
import { hostile } from './support/made-up.js';
import { TransferScene } from './support/transfer-scene.js';

describe('what is fetched by name', () => {
  it('is all that a server can store', async () => {
    const scene = new TransferScene();
    const intake = new AskedIntake(scene.intake(), askedNames(['a/notes.txt', 'photos/']));
    const sent = ['.ssh/authorized_keys', 'notes.txt', 'photos/1', 'photos2', 'notes.txt2'];
    const { taken } = await scene.run({ intake, items: hostile(...sent) });
    expect(scene.received()).toEqual({
      'notes.txt': 'text',
      photos: 'directory',
      'photos/1': 'text',
    });
    expect(taken.problems).toEqual(
      ['.ssh/authorized_keys', 'photos2', 'notes.txt2'].map((path) => ({
        path,
        reason: 'it was not asked for',
      })),
    );
  });

  it('has one name each', () => {
    expect([...askedNames(['a/x', 'b/y//', 'z'])]).toEqual(['x', 'y', 'z']);
    expect(() => askedNames(['a/x', 'b/x'])).toThrow('a/x and b/x have the same name x');
  });
});
