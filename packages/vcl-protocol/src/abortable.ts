import { AsyncQueue } from './async-queue.js';

/** What `promise` resolves with, unless `signal` is aborted first: then rejects with its reason. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const outcome = new AsyncQueue<T>();
  promise.then(
    (value) => outcome.push(value),
    (error: unknown) => outcome.fail(error),
  );
  return (await outcome.next(signal)).value as T;
}
