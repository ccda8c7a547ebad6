/** What a player shows of itself: its view for the controls, its measurements for overlay and benchmarks. */

import type { LatencyReport, MeterReport } from "./meter";
import { AUTO, type Caption, OFF, type Quality } from "./source";

export type PlayerPhase = "idle" | "loading" | "playing" | "paused" | "waiting" | "ended" | "unsupported";

export interface PlayerView {
  phase: PlayerPhase;
  /** A frame has been on the screen. */
  started: boolean;
  following: boolean;
  /** Seconds behind the edge; the DVR window's length; both 0 while unknown. */
  behindS: number;
  windowS: number;
  latencyS: number;
  bufferS: number;
  rate: number;
  volume: number;
  muted: boolean;
  /** The browser refused sound without a gesture: offer it. */
  soundRefused: boolean;
  /** The browser refused to play at all without a gesture. */
  playRefused: boolean;
  qualities: Quality[];
  quality: number;
  playingQuality: number;
  captions: Caption[];
  caption: number;
}

export const AT_REST: PlayerView = {
  phase: "idle",
  started: false,
  following: true,
  behindS: 0,
  windowS: 0,
  latencyS: Number.NaN,
  bufferS: 0,
  rate: 1,
  volume: 1,
  muted: false,
  soundRefused: false,
  playRefused: false,
  qualities: [],
  quality: AUTO,
  playingQuality: AUTO,
  captions: [],
  caption: OFF,
};

export interface PlayerStats extends MeterReport {
  latency_s: LatencyReport;
  edge_latency_s: number;
  target_latency_s: number;
  buffer_s: number;
  rate: number;
  width: number;
  height: number;
  bitrate_bps: number;
  bandwidth_bps: number;
  codecs: string;
  part_target_s: number;
  source: string;
  restarts: number;
  jumps: number;
  phase: PlayerPhase;
}
