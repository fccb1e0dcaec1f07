/** The last values of a measurement, in a ring of fixed size. */
export class SampleWindow {
  readonly #values: Float64Array;
  #count = 0;
  #next = 0;

  /** @param capacity how many values are kept: a positive integer */
  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  /** How many values are held. */
  get size(): number {
    return this.#count;
  }

  /** Adds a value and forgets the oldest when full. What is not a finite number >= 0 is ignored. */
  add(value: number): void {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) return;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    if (this.#count < this.#values.length) this.#count++;
  }

  /** The latest value, or undefined when there is none. */
  latest(): number | undefined {
    return this.#count === 0 ? undefined : this.#values.at(this.#next - 1);
  }

  /** The arithmetic mean, or undefined when there is none. */
  average(): number | undefined {
    if (this.#count === 0) return undefined;
    let sum = 0;
    for (let i = 0; i < this.#count; i++) sum += this.#values[i] ?? 0;
    return sum / this.#count;
  }

  /** The smallest value, or undefined when there is none. */
  min(): number | undefined {
    return this.#count === 0 ? undefined : Math.min(...this.values());
  }

  /** The largest value, or undefined when there is none. */
  max(): number | undefined {
    return this.#count === 0 ? undefined : Math.max(...this.values());
  }

  /** A copy of the values, oldest first. */
  values(): number[] {
    const all = Array.from(this.#values.subarray(0, this.#count));
    if (this.#count < this.#values.length) return all;
    return [...all.slice(this.#next), ...all.slice(0, this.#next)];
  }

  /** Forgets all values. */
  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }
}
