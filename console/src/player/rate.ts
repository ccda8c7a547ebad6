/**
 * Live-rate control: how fast to play so that the picture stays as close to the live edge as the line allows.
 *
 * Latency and forward buffer flow in, a playback rate (and, rarely, a jump to the edge) flows out. Pure: time is an
 * argument. hls.js's own controller speeds up only while more than one second is buffered, which at parts of 200 ms
 * never happens at the live edge. This one keeps just enough buffered to ride out what the line has shown: it lowers its
 * target while the buffer's lowest point leaves room to spare, and raises it when that gets thin or the picture stalls.
 */

export interface RateLimits {
  /** Latency to begin with, and the bounds of what may become of it, seconds behind the live edge. */
  targetS: number;
  lowestTargetS: number;
  highestTargetS: number;
  /** Begin to catch up this much behind target, seconds; stop when the target is reached. */
  bandS: number;
  /** Catch up at once with more than this buffered, seconds; with less, only if the lowest point allows it. */
  safeBufferS: number;
  /** The buffer's lowest point between two parts should stay here, seconds. */
  floorS: number;
  highestFloorS: number;
  /** Below this the buffer is thin: slow down a little, seconds. */
  thinBufferS: number;
  catchUpRate: number;
  slowRate: number;
  /** Further behind than this while following live: jump, seconds. */
  jumpS: number;
  /** At least this long between two jumps, milliseconds. */
  jumpPauseMs: number;
  /** Further behind than this, with more than `amplyBufferedS` in hand, as after a slow start: hurry. */
  hurryBehindS: number;
  amplyBufferedS: number;
  hurryRate: number;
  /** How long the buffer's lowest point is looked for before the target moves, milliseconds. */
  windowMs: number;
  /** Each stall raises target and floor by so much, seconds. */
  stallStepS: number;
  floorStepS: number;
  /** A step of the floor is taken back after so long without a stall, milliseconds. */
  forgiveMs: number;
}

export const RATE_LIMITS: RateLimits = {
  targetS: 0.65,
  lowestTargetS: 0.45,
  highestTargetS: 2,
  bandS: 0.04,
  safeBufferS: 0.35,
  floorS: 0.2,
  highestFloorS: 0.75,
  thinBufferS: 0.06,
  catchUpRate: 1.05,
  slowRate: 0.97,
  jumpS: 3,
  jumpPauseMs: 4_000,
  hurryBehindS: 0.3,
  amplyBufferedS: 0.6,
  hurryRate: 1.12,
  windowMs: 3_000,
  stallStepS: 0.15,
  floorStepS: 0.1,
  forgiveMs: 60_000,
};

/** In one window the target moves down and up by at most so much, seconds. */
const STEP_DOWN_S = 0.03;
const STEP_UP_S = 0.1;
/** A picture that stands still with more than this in hand does not wait for media, seconds. */
const STARVED_S = 0.2;
/** The lowest point within this of the floor is good as it is, seconds. */
const FLOOR_BAND_S = 0.03;

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

type Mode = "hold" | "catch-up" | "hurry" | "slow";

export class RateController {
  readonly #limits: RateLimits;
  #mode: Mode = "hold";
  #targetS: number;
  #floorS: number;
  /** Lowest buffer of this window and of the one before. */
  #lowS = Number.POSITIVE_INFINITY;
  #lastLowS = 0;
  #windowEndMs = Number.NaN;
  #forgiveAtMs = Number.POSITIVE_INFINITY;
  #lastJumpMs = Number.NEGATIVE_INFINITY;

  constructor(limits: Partial<RateLimits> = {}) {
    this.#limits = { ...RATE_LIMITS, ...limits };
    this.#targetS = this.#limits.targetS;
    this.#floorS = this.#limits.floorS;
  }

  /** Latency aimed at now, seconds behind the live edge. */
  get targetS(): number {
    return this.#targetS;
  }

  /**
   * The picture stands still with `bufferS` in hand. For want of media: keep more distance, and more in hand for a while.
   * With media in hand it is the decoder that lags, and distance would not help it.
   */
  stalled(nowMs: number, bufferS: number): void {
    if (bufferS > STARVED_S) return;
    const { stallStepS, highestTargetS, floorStepS, highestFloorS, forgiveMs } = this.#limits;
    this.#targetS = Math.min(highestTargetS, this.#targetS + stallStepS);
    this.#floorS = Math.min(highestFloorS, this.#floorS + floorStepS);
    this.#forgiveAtMs = nowMs + forgiveMs;
    this.#restartWindow();
  }

  update(nowMs: number, reading: RateReading): RateDecision {
    this.#forgive(nowMs);
    if (!reading.following || !reading.playing || !Number.isFinite(reading.latencyS)) return this.#rest();
    if (!reading.edgeMoving) return this.#rest(); // slowing down would only stretch the last picture
    if (reading.latencyS > this.#limits.jumpS) {
      return { ...this.#rest(), jump: this.#mayJump(nowMs) };
    }
    this.#adapt(nowMs, reading);
    this.#mode = this.#next(reading);
    return { rate: this.#rate(), jump: false };
  }

  get #catchingUp(): boolean {
    return this.#mode === "catch-up" || this.#mode === "hurry";
  }

  #rest(): RateDecision {
    this.#mode = "hold";
    this.#restartWindow();
    return { rate: 1, jump: false };
  }

  #restartWindow(): void {
    this.#windowEndMs = Number.NaN;
    this.#lowS = Number.POSITIVE_INFINITY;
    this.#lastLowS = 0;
  }

  /** Move the target by what the buffer's lowest point over a window leaves to spare, or lacks. */
  #adapt(nowMs: number, { bufferS }: RateReading): void {
    this.#lowS = Math.min(this.#lowS, bufferS);
    if (Number.isNaN(this.#windowEndMs)) this.#windowEndMs = nowMs + this.#limits.windowMs;
    if (nowMs < this.#windowEndMs) return;
    const spareS = this.#lowS - this.#floorS;
    // while catching up the buffer shows the past's distance, not what the target leaves
    if (spareS > FLOOR_BAND_S && !this.#catchingUp) this.#targetS -= Math.min(spareS / 2, STEP_DOWN_S);
    if (spareS < -FLOOR_BAND_S) this.#targetS += Math.min(-spareS, STEP_UP_S);
    const { lowestTargetS, highestTargetS, windowMs } = this.#limits;
    this.#targetS = Math.min(highestTargetS, Math.max(lowestTargetS, this.#targetS));
    this.#lastLowS = this.#lowS;
    this.#lowS = Number.POSITIVE_INFINITY;
    this.#windowEndMs = nowMs + windowMs;
  }

  #next({ latencyS, bufferS }: RateReading): Mode {
    const { bandS, safeBufferS, thinBufferS, hurryBehindS, amplyBufferedS } = this.#limits;
    const behindS = latencyS - this.#targetS;
    const roomy = bufferS > safeBufferS || Math.min(this.#lowS, this.#lastLowS) > this.#floorS;
    if (behindS > hurryBehindS && bufferS > amplyBufferedS) return "hurry";
    if (behindS > bandS && roomy) return "catch-up";
    if (this.#catchingUp && behindS > 0 && bufferS > thinBufferS) return "catch-up";
    if (bufferS < thinBufferS || behindS < -bandS) return "slow";
    if (this.#mode === "slow" && (behindS < 0 || bufferS < 2 * thinBufferS)) return "slow";
    return "hold";
  }

  #rate(): number {
    const { catchUpRate, hurryRate, slowRate } = this.#limits;
    return { hold: 1, "catch-up": catchUpRate, hurry: hurryRate, slow: slowRate }[this.#mode];
  }

  #mayJump(nowMs: number): boolean {
    if (nowMs - this.#lastJumpMs < this.#limits.jumpPauseMs) return false;
    this.#lastJumpMs = nowMs;
    return true;
  }

  #forgive(nowMs: number): void {
    if (nowMs < this.#forgiveAtMs) return;
    const { floorS, floorStepS, forgiveMs } = this.#limits;
    this.#floorS = Math.max(floorS, this.#floorS - floorStepS);
    this.#forgiveAtMs = this.#floorS > floorS ? nowMs + forgiveMs : Number.POSITIVE_INFINITY;
  }
}
