/** A bounded window of measurements with its percentiles. The oldest sample gives way to the newest. */

export class Samples {
  readonly #values: Float64Array;
  #next = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
  }

  get count(): number {
    return this.#count;
  }

  get last(): number {
    if (this.#count === 0) return Number.NaN;
    return this.#values[(this.#next - 1 + this.#values.length) % this.#values.length] as number;
  }

  /** The nearest-rank percentile for `share` in (0, 1]; NaN without samples. */
  percentile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    const sorted = this.#values.slice(0, this.#count).sort();
    return sorted[Math.max(0, Math.ceil(share * this.#count) - 1)] as number;
  }

  clear(): void {
    this.#next = 0;
    this.#count = 0;
  }
}
