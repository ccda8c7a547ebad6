/** What the player asks of whatever feeds the video element: hls.js, or the browser's own HLS. */

import type { Opened } from "./opening";

export interface Quality {
  /** Index to give back to `setQuality`. */
  id: number;
  /** Such as `1080p` or `2.7 Mbps`. */
  label: string;
  bitrateBps: number;
}

export interface Caption {
  id: number;
  label: string;
}

export interface SourceStats {
  bitrateBps: number;
  bandwidthBps: number;
  codecs: string;
  /** Part target duration, seconds; 0 where there are no parts. */
  partTargetS: number;
  /** Name of the track that plays, as its address has it; empty if unknown. */
  rendition: string;
}

export interface SourceEvents {
  /** The list of qualities or captions, or which is chosen, has changed. */
  onTracks(): void;
  /** A part or segment was downloaded; `ms` from its first byte to its last. */
  onLoaded(bytes: number, ms: number): void;
  /** Playing cannot go on with this source; `media` may be healed by `recoverMedia`. */
  onFatal(kind: "media" | "network" | "other", reason: string): void;
}

/** `AUTO` as a quality: by measured bandwidth. `OFF` as a caption: none. */
export const AUTO = -1;
export const OFF = -1;

export interface Source {
  readonly name: "hls.js" | "native";
  /** Of the library; empty where it is the browser. */
  readonly version: string;
  /** False once the playlist has ended. */
  live(): boolean;
  /** The live edge now, extrapolated from the last playlist, seconds on the element's timeline; NaN if unknown. */
  edgeS(): number;
  /** End of what is listed, seconds; NaN if unknown. */
  listedEndS(): number;
  /** Start of the DVR window, seconds; NaN if unknown. */
  windowStartS(): number;
  /** Shortest distance from the edge at which the server says playing is safe, seconds; 0 if it does not say. */
  holdBackS(): number;
  /** Wall time at the server of a media time, milliseconds since the epoch; NaN if unknown. */
  programTimeMs(mediaTimeS: number): number;
  stats(): SourceStats;
  qualities(): Quality[];
  /** Chosen quality, or `AUTO`. */
  quality(): number;
  /** What plays now, whoever chose it. */
  playingQuality(): number;
  setQuality(id: number): void;
  captions(): Caption[];
  caption(): number;
  setCaption(id: number): void;
  recoverMedia(): void;
  /** What is buffered is all there will be: play it to its end. */
  finish(): void;
  /** Load again from the current position. */
  reload(): void;
  destroy(): void;
}

export interface SourceRequest {
  video: HTMLVideoElement;
  url: string;
  channel: string;
  /** By which requests for media name this playback; none where nobody watches, as in a preview. */
  sessionId: string | undefined;
  /** Begin at the live edge, or at the window's start. */
  from: "live" | "start";
  /** What plays in the element already, to be continued. */
  opened?: Opened | undefined;
  events: SourceEvents;
}

/** Whether this browser plays with hls.js, by itself, or not at all. */
export function playbackPath(): "hls.js" | "native" | "none" {
  const mse = "ManagedMediaSource" in window ? window.ManagedMediaSource : window.MediaSource;
  if (mse) return "hls.js";
  const probe = document.createElement("video");
  return probe.canPlayType("application/vnd.apple.mpegurl") ? "native" : "none";
}

declare global {
  interface Window {
    ManagedMediaSource?: typeof MediaSource;
  }
}
