// Orders and answers between the stall suite and its two processes.

const waiting = new Map();
const arrived = new Map();

process.on('message', ({ type, ...fields }) => {
  const resolve = waiting.get(type);
  if (resolve === undefined) arrived.set(type, fields);
  else resolve(fields);
  waiting.delete(type);
});

/** Waits for the order of this type. Without the suite there is nobody to work for. */
export function receive(type) {
  const fields = arrived.get(type);
  arrived.delete(type);
  return fields ?? new Promise((resolve) => waiting.set(type, resolve));
}

/** Answers. */
export function tell(type, fields) {
  process.send({ type, ...fields });
}

process.on('disconnect', () => process.exit());
