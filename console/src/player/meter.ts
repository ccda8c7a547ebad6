/**
 * What a viewer gets, measured at the screen: arrival-to-screen latency of every composed frame, startup time,
 * rebuffering. Read by the stats overlay and, as `window.__tidegate`, by benchmarks.
 */

import { Samples } from "./samples";

/** Two minutes of frames at 60 per second. */
const KEPT_FRAMES = 7_200;

export interface LatencyReport {
  /** Seconds from arrival at the origin (EXT-X-PROGRAM-DATE-TIME) to the screen, by both machines' wall clocks. */
  p50: number;
  p95: number;
  last: number;
  frames: number;
}

export interface MeterReport {
  /** Page navigation to first frame, and start of loading to first frame, seconds; NaN before. */
  startup_navigation_s: number;
  startup_load_s: number;
  rebuffers: number;
  rebuffer_s: number;
  dropped_frames: number;
  total_frames: number;
}

export class Meter {
  readonly #video: HTMLVideoElement;
  readonly #programTimeMs: (mediaTimeS: number) => number;
  readonly #onStall: () => void;
  readonly #latency = new Samples(KEPT_FRAMES);
  readonly #listening = new AbortController();
  #loadStartedMs = Number.NaN;
  #firstFrameMs = Number.NaN;
  #waitingSinceMs = Number.NaN;
  #rebuffers = 0;
  #rebufferMs = 0;
  #frameRequest = 0;

  constructor(video: HTMLVideoElement, programTimeMs: (mediaTimeS: number) => number, onStall: () => void) {
    this.#video = video;
    this.#programTimeMs = programTimeMs;
    this.#onStall = onStall;
    const { signal } = this.#listening;
    video.addEventListener("waiting", () => this.#wait(), { signal });
    for (const event of ["playing", "pause", "seeking", "ended"] as const) {
      video.addEventListener(event, () => this.#resume(), { signal });
    }
    if ("requestVideoFrameCallback" in video) {
      this.#frameRequest = video.requestVideoFrameCallback(this.#onFrame);
    } else {
      (video as HTMLVideoElement).addEventListener("timeupdate", () => this.sawFrame(performance.now()), {
        signal,
      });
    }
  }

  /** Loading begins, or has begun at `atMs`; the first frame's time counts from here. */
  loading(atMs = performance.now()): void {
    if (!Number.isFinite(this.#loadStartedMs)) this.#loadStartedMs = atMs;
  }

  /** A frame came on the screen at `atMs`, on `performance.now()`'s clock; all but the first are ignored. */
  sawFrame(atMs: number): void {
    if (!this.firstFrameSeen) this.#firstFrameMs = atMs;
  }

  get firstFrameSeen(): boolean {
    return Number.isFinite(this.#firstFrameMs);
  }

  latency(): LatencyReport {
    return {
      p50: this.#latency.percentile(0.5),
      p95: this.#latency.percentile(0.95),
      last: this.#latency.last,
      frames: this.#latency.count,
    };
  }

  report(): MeterReport {
    const frames = this.#video.getVideoPlaybackQuality?.();
    const waitingMs = Number.isFinite(this.#waitingSinceMs) ? performance.now() - this.#waitingSinceMs : 0;
    return {
      startup_navigation_s: this.#firstFrameMs / 1000, // performance counts from the navigation
      startup_load_s: (this.#firstFrameMs - this.#loadStartedMs) / 1000,
      rebuffers: this.#rebuffers,
      rebuffer_s: (this.#rebufferMs + waitingMs) / 1000,
      dropped_frames: frames?.droppedVideoFrames ?? 0,
      total_frames: frames?.totalVideoFrames ?? 0,
    };
  }

  /** Forget latencies and rebuffering, so that a measurement can leave its warm-up out. */
  reset(): void {
    this.#latency.clear();
    this.#rebuffers = 0;
    this.#rebufferMs = 0;
  }

  destroy(): void {
    this.#listening.abort();
    this.#video.cancelVideoFrameCallback?.(this.#frameRequest);
  }

  readonly #onFrame = (_now: number, frame: VideoFrameCallbackMetadata): void => {
    this.sawFrame(frame.expectedDisplayTime);
    const shownAtMs = Date.now() + (frame.expectedDisplayTime - performance.now());
    const arrivedAtMs = this.#programTimeMs(frame.mediaTime);
    if (Number.isFinite(arrivedAtMs) && !this.#video.paused)
      this.#latency.add((shownAtMs - arrivedAtMs) / 1000);
    this.#frameRequest = this.#video.requestVideoFrameCallback(this.#onFrame);
  };

  #wait(): void {
    if (!this.firstFrameSeen || this.#video.seeking || this.#video.paused) return;
    if (Number.isFinite(this.#waitingSinceMs)) return;
    this.#waitingSinceMs = performance.now();
    this.#rebuffers += 1;
    this.#onStall();
  }

  #resume(): void {
    if (!Number.isFinite(this.#waitingSinceMs)) return;
    this.#rebufferMs += performance.now() - this.#waitingSinceMs;
    this.#waitingSinceMs = Number.NaN;
  }
}
