/**
 * When playing has stopped by itself: what to do about it, gentlest first. Pure: time is an argument.
 *
 * A publisher's gap is not a fault: the playlist stands still, so does the picture, and both go on together.
 * A fault is media that is there and does not play, a playlist that stands still although the stream is live, or
 * an error the library could not get over.
 */

export type Remedy = "none" | "finish" | "nudge" | "reload" | "recover-media" | "recreate";

export interface Progress {
  /** Playback position, seconds. */
  positionS: number;
  /** Seconds buffered ahead of it. */
  bufferS: number;
  /** End of what the playlist lists, seconds; NaN while unknown. */
  edgeS: number;
  /** The viewer wants to play, the page is visible and no seek runs. */
  wanted: boolean;
  /** The server says that the stream is live. */
  streamLive: boolean;
  /** The playlist lists all there will ever be. */
  over: boolean;
}

/** Enough media ahead that standing still is the decoder's fault, seconds. */
const ENOUGH_BUFFER_S = 0.5;
/** The playlist lists so much more than is buffered that loading has stopped, seconds. */
const ENOUGH_LISTED_S = 4;
/**
 * Sound and picture seldom end at once. What the shorter one lacks is never buffered, and a library that waits for the
 * very last part waits for ever; so near the end, standing still is the end.
 */
const NEAR_END_S = 0.6;
const FINISH_MS = 600;
const NUDGE_MS = 2_500;
const RECOVER_MS = 6_000;
const RECREATE_MS = 12_000;
/** A live stream's playlist moves several times a second; so long without is a dead loader. */
const STALE_PLAYLIST_MS = 10_000;

export class Watchdog {
  #position = Number.NaN;
  #edge = Number.NaN;
  #movedMs: number;
  #edgeMovedMs: number;
  #taken: Remedy = "none";

  constructor(nowMs: number) {
    this.#movedMs = nowMs;
    this.#edgeMovedMs = nowMs;
  }

  /** Look, a few times a second; the answer is to be carried out at once, each remedy is given once per stand. */
  look(nowMs: number, progress: Progress): Remedy {
    if (progress.edgeS !== this.#edge) {
      this.#edge = progress.edgeS;
      this.#edgeMovedMs = nowMs;
    }
    if (progress.positionS !== this.#position || !progress.wanted) {
      this.#position = progress.positionS;
      this.#movedMs = nowMs;
      this.#taken = "none";
    }
    if (!progress.wanted) {
      this.#edgeMovedMs = nowMs;
      return "none";
    }
    return this.#once(this.#due(nowMs, progress));
  }

  #due(nowMs: number, { positionS, bufferS, edgeS, streamLive, over }: Progress): Remedy {
    const stoodMs = nowMs - this.#movedMs;
    if (over && edgeS - positionS < NEAR_END_S) return stoodMs >= FINISH_MS ? "finish" : "none";
    if (streamLive && nowMs - this.#edgeMovedMs >= STALE_PLAYLIST_MS && stoodMs >= NUDGE_MS)
      return "recreate";
    if (bufferS >= ENOUGH_BUFFER_S) {
      if (stoodMs >= RECREATE_MS) return "recreate";
      if (stoodMs >= RECOVER_MS) return "recover-media";
      return stoodMs >= NUDGE_MS ? "nudge" : "none";
    }
    if (edgeS - positionS - bufferS >= ENOUGH_LISTED_S) {
      if (stoodMs >= RECREATE_MS) return "recreate";
      return stoodMs >= RECOVER_MS ? "reload" : "none";
    }
    return "none";
  }

  #once(remedy: Remedy): Remedy {
    if (remedy === this.#taken) return "none";
    this.#taken = remedy;
    return remedy;
  }
}

const FIRST_RETRY_MS = 250;
const SLOWEST_RETRY_MS = 3_000;

/** Milliseconds before the `attempt`-th new start (from 0); `chance` in [0, 1) spreads a crowd of viewers out. */
export function restartDelayMs(attempt: number, chance: number): number {
  const base = Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
  return base * (0.75 + chance / 2);
}
