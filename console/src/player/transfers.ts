/**
 * How long media took to be transferred, first byte to last, between two reports.
 *
 * Out comes a text of four numbers, read by `src/tidegate/media/beacons/cmcd.py`: downloads, their microseconds and bytes in all,
 * and the microseconds of the last one, which stands for all in percentiles. How long the server took to begin is not in it: a
 * request for a part that is yet to come waits for it.
 */

export class Transfers {
  #count = 0;
  #ms = 0;
  #bytes = 0;
  #lastMs = 0;

  add(bytes: number, ms: number): void {
    if (!(Number.isFinite(ms) && ms >= 0 && bytes > 0)) return;
    this.#count += 1;
    this.#ms += ms;
    this.#bytes += bytes;
    this.#lastMs = ms;
  }

  /** What there was since this was last called; empty where nothing was. */
  take(): string {
    if (this.#count === 0) return "";
    const microseconds = (ms: number): string => Math.round(ms * 1000).toFixed(0);
    const text = `${this.#count} ${microseconds(this.#ms)} ${this.#bytes} ${microseconds(this.#lastMs)}`;
    this.#count = this.#ms = this.#bytes = this.#lastMs = 0;
    return text;
  }
}
