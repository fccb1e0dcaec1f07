// Waiting, with an end.

export function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What `promise` comes to; rejects when that takes longer. @param what stands in the error */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `isSo`, for which it looks every few milliseconds. @param what stands in the error */
export async function until(ms, what, isSo) {
  const endsAt = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > endsAt) throw new Error(`${what}: not within ${ms} ms`);
    await delay(10);
  }
}
