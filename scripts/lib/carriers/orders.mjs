// The other end of a worker: what a process of a suite does when it is told to.

/**
 * Carries out orders until the suite is gone.
 *
 * @param verbs functions by name: each takes the fields of an order and gives those of the answer
 */
export function serve(verbs) {
  process.on('message', async ({ id, verb, ...fields }) => {
    try {
      answer({ id, ...(await verbs[verb](fields)) });
    } catch (error) {
      answer({ id, error: error.stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}

function answer(fields) {
  if (process.connected) process.send(fields);
}
