/**
 * Which wall time belongs to a media time on the element's timeline, learnt from what has been appended.
 *
 * In: each appended part or segment with the date its playlist gives it (EXT-X-PROGRAM-DATE-TIME, RFC 8216bis
 * section 4.4.4.6) and the media time at which its first sample really lies. Out: dates of media times and media times
 * of dates. A playlist's own sum of durations will not do: a library moves segments about while only some parts of them
 * are known, by up to a segment, and where a picture lies decides what its latency is.
 */

interface Anchor {
  mediaS: number;
  /** What must be added to a media time in milliseconds to get the date. */
  offsetMs: number;
}

/** Anchors kept: half an hour of one-second segments whose dates all move; the oldest gives way. */
const KEPT = 2_048;
/** Anchors that differ by less say the same, milliseconds. */
const SAME_MS = 0.5;

export class ProgramClock {
  readonly #anchors: Anchor[] = [];

  /** Media dated `dateMs` (milliseconds since the epoch) begins at `mediaS` on the element's timeline. */
  learn(mediaS: number, dateMs: number): void {
    if (!Number.isFinite(mediaS) || !Number.isFinite(dateMs)) return;
    const offsetMs = dateMs - mediaS * 1000;
    const at = this.#after(mediaS);
    const before = this.#anchors[at - 1];
    if (before && Math.abs(before.offsetMs - offsetMs) < SAME_MS) return;
    if (before && Math.abs(before.mediaS - mediaS) < 1e-3) before.offsetMs = offsetMs;
    else this.#anchors.splice(at, 0, { mediaS, offsetMs });
    if (this.#anchors.length > KEPT) this.#anchors.shift();
  }

  /** Date of a media time, milliseconds since the epoch; NaN before anything was learnt. */
  dateMs(mediaS: number): number {
    const anchor = this.#anchors[Math.max(0, this.#after(mediaS) - 1)];
    return anchor ? anchor.offsetMs + mediaS * 1000 : Number.NaN;
  }

  /** Media time of a date: the newest media that may have it, for dates repeat where a clock was set back. */
  mediaS(dateMs: number): number {
    for (let i = this.#anchors.length - 1; i >= 0; i--) {
      const { mediaS, offsetMs } = this.#anchors[i] as Anchor;
      const found = (dateMs - offsetMs) / 1000;
      if (found >= mediaS - 1e-3 || i === 0) return found;
    }
    return Number.NaN;
  }

  /** Index of the first anchor after a media time. */
  #after(mediaS: number): number {
    let at = this.#anchors.length;
    while (at > 0 && (this.#anchors[at - 1] as Anchor).mediaS > mediaS + 1e-3) at -= 1;
    return at;
  }
}
