// The profiler of V8 for a part of a run, which `node --cpu-prof` cannot confine itself to.
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

const SAMPLE_EVERY_MICROS = 250;

/**
 * Starts the profiler.
 *
 * @param file that gets the profile, as `node --cpu-prof` writes it
 * @returns {Promise<() => Promise<void>>} what ends it
 */
export async function startProfile(file) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_MICROS });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    await writeFile(file, JSON.stringify(profile));
  };
}
