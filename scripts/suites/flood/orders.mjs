// The other end of `Worker`: what a process of the flood suite does when it is told to.

/**
 * Carries out orders until the suite is gone.
 *
 * @param verbs functions by name: each takes the fields of an order and gives those of the answer
 */
export function serve(verbs) {
  process.on('message', async ({ id, verb, ...fields }) => {
    try {
      process.send({ id, ...(await verbs[verb](fields)) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}

/** Processor time of this process over a stretch of real time, in parts of one processor. */
export class CpuMeter {
  #usage = process.cpuUsage();
  #at = performance.now();

  read() {
    const { user, system } = process.cpuUsage(this.#usage);
    return (user + system) / 1000 / (performance.now() - this.#at);
  }
}
