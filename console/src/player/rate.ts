/**
 * Live-rate control: how fast to play so that the picture stays a fixed short time behind the live edge.
 *
 * Latency and forward buffer flow in, a playback rate (and, rarely, a jump to the edge) flows out. Pure: time is an
 * argument. hls.js's own controller speeds up only while more than one second is buffered, which at parts of 200 ms
 * never happens at the live edge; this one asks for just enough to ride out one late part.
 */

export interface RateLimits {
  /** Latency to hold, seconds behind the live edge. */
  targetS: number;
  /** Begin to catch up this much behind target, seconds; stop when the target is reached. */
  bandS: number;
  /** Catch up only while more than this is buffered, seconds. */
  safeBufferS: number;
  /** Below this the buffer is thin: slow down a little, seconds. */
  thinBufferS: number;
  catchUpRate: number;
  slowRate: number;
  /** Further behind than this while following live: jump, seconds. */
  jumpS: number;
  /** At least this long between two jumps, milliseconds. */
  jumpPauseMs: number;
  /** Each stall moves the target this far back, seconds, at most to `maxTargetS`. */
  stallStepS: number;
  maxTargetS: number;
  /** A step is taken back after so long without a stall, milliseconds. */
  forgiveMs: number;
}

export const RATE_LIMITS: RateLimits = {
  targetS: 0.65,
  bandS: 0.04,
  safeBufferS: 0.35,
  thinBufferS: 0.08,
  catchUpRate: 1.05,
  slowRate: 0.97,
  jumpS: 6,
  jumpPauseMs: 4_000,
  stallStepS: 0.15,
  maxTargetS: 2,
  forgiveMs: 30_000,
};

export interface RateReading {
  /** Seconds behind the live edge; NaN while not known. */
  latencyS: number;
  /** Seconds buffered ahead of the picture. */
  bufferS: number;
  /** The viewer wants the live edge: has neither paused nor sought back. */
  following: boolean;
  /** Playing, not seeking, not starved: only then does a rate mean anything. */
  playing: boolean;
  /** New media keeps arriving; without it the buffer drains whatever the rate. */
  edgeMoving: boolean;
}

export interface RateDecision {
  rate: number;
  /** Seek to the live edge now. */
  jump: boolean;
}

type Mode = "hold" | "catch-up" | "slow";

export class RateController {
  readonly #limits: RateLimits;
  #mode: Mode = "hold";
  #stalls = 0;
  #lastStallMs = Number.NEGATIVE_INFINITY;
  #lastJumpMs = Number.NEGATIVE_INFINITY;

  constructor(limits: Partial<RateLimits> = {}) {
    this.#limits = { ...RATE_LIMITS, ...limits };
  }

  /** Latency aimed at now: the limit's, moved back by recent stalls. */
  get targetS(): number {
    const { targetS, stallStepS, maxTargetS } = this.#limits;
    return Math.min(maxTargetS, targetS + this.#stalls * stallStepS);
  }

  /** The picture stood still for want of media: keep a little more distance for a while. */
  stalled(nowMs: number): void {
    this.#lastStallMs = nowMs;
    const { targetS, stallStepS, maxTargetS } = this.#limits;
    this.#stalls = Math.min(this.#stalls + 1, Math.ceil((maxTargetS - targetS) / stallStepS));
  }

  update(nowMs: number, reading: RateReading): RateDecision {
    this.#forgive(nowMs);
    if (!reading.following || !reading.playing || !Number.isFinite(reading.latencyS)) {
      this.#mode = "hold";
      return { rate: 1, jump: false };
    }
    if (reading.latencyS > this.#limits.jumpS && reading.edgeMoving) {
      this.#mode = "hold";
      return { rate: 1, jump: this.#mayJump(nowMs) };
    }
    this.#mode = this.#next(reading);
    return { rate: this.#rate(), jump: false };
  }

  #next({ latencyS, bufferS, edgeMoving }: RateReading): Mode {
    const { bandS, safeBufferS, thinBufferS } = this.#limits;
    const behindS = latencyS - this.targetS;
    if (!edgeMoving) return "hold"; // slowing down would only stretch the last picture
    if (behindS > bandS && bufferS > safeBufferS) return "catch-up";
    if (this.#mode === "catch-up" && behindS > 0 && bufferS > thinBufferS) return "catch-up";
    if (bufferS < thinBufferS) return "slow";
    if (behindS < -bandS || (this.#mode === "slow" && bufferS < 2 * thinBufferS)) return "slow";
    return "hold";
  }

  #rate(): number {
    if (this.#mode === "catch-up") return this.#limits.catchUpRate;
    return this.#mode === "slow" ? this.#limits.slowRate : 1;
  }

  #mayJump(nowMs: number): boolean {
    if (nowMs - this.#lastJumpMs < this.#limits.jumpPauseMs) return false;
    this.#lastJumpMs = nowMs;
    return true;
  }

  #forgive(nowMs: number): void {
    if (this.#stalls > 0 && nowMs - this.#lastStallMs >= this.#limits.forgiveMs) {
      this.#stalls -= 1;
      this.#lastStallMs = nowMs;
    }
  }
}
