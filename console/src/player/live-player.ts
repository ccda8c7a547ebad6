/**
 * One channel in one video element: keeps it playing at the live edge through gaps, restarts and errors.
 *
 * A source (hls.js or the browser) feeds the element; `RateController` holds the latency, `Watchdog` says when to
 * step in, `Meter` measures. What the controls show comes out as one signal, `view`, renewed four times a second.
 */

import { signal } from "@preact/signals";
import type { StreamState } from "../api/types";
import type { Reading, ReportState } from "./cmcd";
import { type LatencyReport, Meter } from "./meter";
import type { Opened, Opening } from "./opening";
import { RateController } from "./rate";
import { restartDelayMs, Watchdog } from "./recovery";
import { PlaybackReporter } from "./reporter";
import { AUTO, OFF, playbackPath, type Source } from "./source";
import { seekTarget, shownLatencyS, snapsToLive } from "./timeline";
import { AT_REST, type PlayerPhase, type PlayerStats, type PlayerView } from "./view";

const TICK_MS = 250;
/** Listed media has not moved for so long: the edge stands still. */
const EDGE_STILL_MS = 1_500;
/** An opening that shows nothing for so long is taken over all the same. */
const FIRST_FRAME_MS = 400;
/** A player that ran this long since its last start has earned a quick restart again. */
const GOOD_RUN_MS = 10_000;

export interface PlayerOptions {
  video: HTMLVideoElement;
  channel: string;
  url: string;
  /** What is being put on the screen already; the first start takes it over. */
  opening?: Opening | undefined;
  /** Tell the server how playback goes: this is a viewer. */
  reports?: boolean;
  /** Random in [0, 1): spreads restarts of a crowd. */
  chance?: () => number;
}

export class LivePlayer {
  readonly view = signal<PlayerView>(AT_REST);
  readonly #video: HTMLVideoElement;
  readonly #options: PlayerOptions;
  readonly #chance: () => number;
  #url: string;
  readonly #meter: Meter;
  readonly #rate = new RateController();
  readonly #reporter: PlaybackReporter | undefined;
  readonly #listening = new AbortController();
  #watchdog = new Watchdog(0);
  #source: Source | undefined;
  /** Counts starts, so that what belongs to an earlier one is recognised and dropped. */
  #start = 0;
  #startedMs = 0;
  #attempt = 0;
  #restarts = 0;
  #jumps = 0;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #wanted = false;
  #following = true;
  /** Shows a stream that is over; a new one is gone to when that has come to its end. */
  #replaying = false;
  #stream: StreamState = "offline";
  #edgeS = Number.NaN;
  #edgeMovedMs = 0;
  #recovered = false;
  #opening: Opening | undefined;
  /** An opening plays, and no source feeds it yet. */
  #takingOver = false;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#opening = options.opening;
    this.#url = options.url;
    this.#video = options.video;
    this.#chance = options.chance ?? Math.random;
    this.#meter = new Meter(
      options.video,
      (mediaTimeS) => this.#source?.programTimeMs(mediaTimeS) ?? Number.NaN,
      () => this.#stalled(),
    );
    if (options.opening) this.#meter.loading(options.opening.beganMs);
    if (options.reports) this.#reporter = this.#newReporter();
    void options.opening?.shown.then((atMs) => {
      this.#meter.sawFrame(atMs);
      this.#publish();
    });
    const { signal } = this.#listening;
    for (const event of [
      "playing",
      "pause",
      "waiting",
      "volumechange",
      "ended",
      "seeked",
      "loadeddata",
    ] as const) {
      this.#video.addEventListener(event, () => this.#tick(), { signal });
    }
    document.addEventListener("visibilitychange", () => this.#tick(), { signal });
  }

  /** Load and play; `from` the window's start is for streams that are over. */
  play(from: "live" | "start" = "live"): void {
    this.#following = from === "live";
    this.#replaying = from === "start";
    this.#wanted = true;
    this.#attempt = 0;
    this.#reporter?.begin(this.#opening?.beganMs);
    this.streamIs(this.#stream);
    void this.#open(from);
    this.#publish();
  }

  /** The stream has another address from now on; what plays goes on, and what could not is tried at once. */
  moveTo(url: string): void {
    this.#url = url;
    if (this.#wanted && !this.view.peek().started) this.play();
  }

  /** Tear the source down and show nothing; `play` begins again. */
  stop(): void {
    this.#wanted = false;
    this.#reporter?.end();
    this.#close();
    this.view.value = { ...AT_REST, volume: this.#video.volume, muted: this.#video.muted };
  }

  destroy(): void {
    this.stop();
    this.#reporter?.destroy();
    this.#listening.abort();
    this.#meter.destroy();
  }

  /** What the server says of the stream: an interrupted one is waited for, a live one must move. */
  streamIs(state: StreamState): void {
    this.#stream = state;
    if (state === "live" || state === "interrupted") this.#reporter?.open();
  }

  togglePlay(): void {
    if (this.#video.paused) {
      this.#wanted = true;
      if (snapsToLive(this.#behindS())) this.#following = true;
      void this.#begin();
    } else {
      this.#wanted = false;
      this.#following = false;
      this.#video.pause();
    }
    this.#tick();
  }

  goLive(): void {
    this.#following = true;
    this.#wanted = true;
    this.#seekToEdge();
    if (this.#video.paused) void this.#begin();
    this.#tick();
  }

  /** Seek to so many seconds behind the edge. */
  seekBehind(behindS: number): void {
    if (!this.#source) return;
    const edgeS = this.#source.listedEndS();
    if (!Number.isFinite(edgeS)) return;
    if (this.#source.live() && snapsToLive(behindS)) {
      this.goLive();
      return;
    }
    this.#following = false;
    this.#video.currentTime = seekTarget(edgeS, this.#windowS(), behindS);
    this.#tick();
  }

  seekBy(seconds: number): void {
    this.seekBehind(this.#behindS() - seconds);
  }

  setVolume(volume: number): void {
    this.#video.volume = Math.min(1, Math.max(0, volume));
    this.#video.muted = this.#video.volume === 0;
  }

  toggleMute(): void {
    this.#video.muted = !this.#video.muted;
    if (!this.#video.muted && this.#video.volume === 0) this.#video.volume = 0.5;
    this.view.value = { ...this.view.value, soundRefused: false };
  }

  setQuality(id: number): void {
    this.#source?.setQuality(id);
    this.#tick();
  }

  setCaption(id: number): void {
    this.#source?.setCaption(id);
    this.#tick();
  }

  latency(): LatencyReport {
    return this.#meter.latency();
  }

  stats(): PlayerStats {
    const source = this.#source?.stats();
    return {
      ...this.#meter.report(),
      latency_s: this.#meter.latency(),
      edge_latency_s: this.#edgeLatencyS(),
      target_latency_s: this.#rate.targetS,
      buffer_s: this.#bufferS(),
      rate: this.#video.playbackRate,
      width: this.#video.videoWidth,
      height: this.#video.videoHeight,
      bitrate_bps: source?.bitrateBps ?? 0,
      bandwidth_bps: source?.bandwidthBps ?? 0,
      codecs: source?.codecs ?? "",
      part_target_s: source?.partTargetS ?? 0,
      source: this.#source?.name ?? "none",
      restarts: this.#restarts,
      jumps: this.#jumps,
      phase: this.view.peek().phase,
    };
  }

  resetMeasurements(): void {
    this.#meter.reset();
  }

  async #open(from: "live" | "start"): Promise<void> {
    this.#close();
    const path = playbackPath();
    if (path === "none") {
      this.view.value = { ...this.view.peek(), phase: "unsupported" };
      return;
    }
    const start = ++this.#start;
    this.#meter.loading();
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    const opened = await this.#takeOpened(from);
    const { openHls } = path === "hls.js" ? await import("./hls-source") : { openHls: undefined };
    const open = openHls ?? (await import("./native-source")).openNative;
    if (start !== this.#start) return; // stopped or started anew meanwhile
    this.#startedMs = performance.now();
    this.#watchdog = new Watchdog(this.#startedMs);
    this.#recovered = false;
    const { video, channel } = this.#options;
    this.#takingOver = false;
    this.#source = open({
      video,
      url: this.#url,
      channel,
      sessionId: this.#reporter?.session,
      from,
      opened,
      events: {
        onTracks: () => this.#tick(),
        onFatal: (kind, reason) => this.#failed(start, kind, reason),
        onLoaded: (bytes, ms) => this.#reporter?.loaded(bytes, ms),
      },
    });
    void this.#begin();
  }

  /** Let the opening have the screen first: the library's own start costs the processor as much as a first frame. */
  async #takeOpened(from: "live" | "start"): Promise<Opened | undefined> {
    const opening = this.#opening;
    this.#opening = undefined;
    if (!opening || from !== "live") return undefined;
    this.#takingOver = true;
    void this.#begin();
    const opened = await opening.opened;
    if (opened) await Promise.race([opening.shown, new Promise((on) => setTimeout(on, FIRST_FRAME_MS))]);
    return opened;
  }

  #close(): void {
    this.#start += 1;
    if (this.#takingOver) this.#drop();
    clearTimeout(this.#restartTimer);
    clearInterval(this.#ticker);
    this.#source?.destroy();
    this.#source = undefined;
    this.#edgeS = Number.NaN;
  }

  /** Take away what an opening shows, which no source will continue. */
  #drop(): void {
    this.#takingOver = false;
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /** Play, with sound if the browser lets us, else muted, else say that a gesture is needed. */
  async #begin(): Promise<void> {
    try {
      await this.#video.play();
      this.view.value = { ...this.view.peek(), playRefused: false };
      return;
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return; // replaced by a newer load
    }
    if (this.#video.muted) {
      this.view.value = { ...this.view.peek(), playRefused: true };
      return;
    }
    this.#video.muted = true;
    this.view.value = { ...this.view.peek(), soundRefused: true };
    await this.#begin();
  }

  #failed(start: number, kind: "media" | "network" | "other", reason: string): void {
    if (start !== this.#start) return;
    this.#reporter?.error(`${kind}:${reason}`);
    if (kind === "media" && !this.#recovered) {
      this.#recovered = true;
      this.#source?.recoverMedia();
      return;
    }
    this.#restart();
  }

  #restart(): void {
    if (performance.now() - this.#startedMs > GOOD_RUN_MS) this.#attempt = 0;
    const delayMs = restartDelayMs(this.#attempt++, this.#chance());
    this.#restarts += 1;
    this.#start += 1; // whatever the broken source still reports is no news
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => void this.#open("live"), delayMs);
  }

  #stalled(): void {
    if (this.#stream === "live") this.#rate.stalled(performance.now(), this.#bufferS());
  }

  #tick(): void {
    const source = this.#source;
    const nowMs = performance.now();
    if (this.#replaying && this.#video.ended && this.#stream === "live") this.play();
    else if (source) {
      this.#watchEdge(nowMs, source);
      this.#control(nowMs, source);
      this.#heal(nowMs, source);
    }
    this.#publish();
  }

  #watchEdge(nowMs: number, source: Source): void {
    const listed = source.listedEndS();
    if (listed === this.#edgeS) return;
    this.#edgeS = listed;
    this.#edgeMovedMs = nowMs;
  }

  #control(nowMs: number, source: Source): void {
    const { video } = this.#options;
    const playing = !video.paused && !video.seeking && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
    const { rate, jump } = this.#rate.update(nowMs, {
      latencyS: this.#edgeLatencyS(),
      bufferS: this.#bufferS(),
      following: this.#following && source.live(),
      playing,
      edgeMoving: nowMs - this.#edgeMovedMs < EDGE_STILL_MS,
    });
    if (jump) {
      this.#jumps += 1;
      this.#seekToEdge();
    }
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  #heal(nowMs: number, source: Source): void {
    const { video } = this.#options;
    const remedy = this.#watchdog.look(nowMs, {
      positionS: video.currentTime,
      bufferS: this.#bufferS(),
      edgeS: source.listedEndS(),
      wanted: this.#wanted && !video.paused && !video.ended && !document.hidden,
      streamLive: this.#stream === "live" && source.live(),
      over: !source.live(),
    });
    if (remedy === "finish") source.finish();
    else if (remedy === "nudge") video.currentTime += 0.1;
    else if (remedy === "reload") source.reload();
    else if (remedy === "recover-media") source.recoverMedia();
    else if (remedy === "recreate") this.#restart();
  }

  #publish(): void {
    const { video } = this.#options;
    const source = this.#source;
    const before = this.view.peek();
    this.view.value = {
      ...before,
      phase: this.#phase(),
      started: this.#meter.firstFrameSeen && (source !== undefined || this.#takingOver),
      following: this.#following && !video.paused,
      behindS: this.#behindS(),
      windowS: this.#windowS(),
      latencyS: this.#latencyS(),
      bufferS: this.#bufferS(),
      rate: video.playbackRate,
      volume: video.volume,
      muted: video.muted,
      soundRefused: before.soundRefused && video.muted,
      qualities: source?.qualities() ?? [],
      quality: source?.quality() ?? AUTO,
      playingQuality: source?.playingQuality() ?? AUTO,
      captions: source?.captions() ?? [],
      caption: source?.caption() ?? OFF,
    };
    this.#reporter?.look();
  }

  #newReporter(): PlaybackReporter {
    return new PlaybackReporter({
      playlist: () => this.#url,
      read: () => this.#reading(),
      player: () => ({ name: this.#source?.name ?? playbackPath(), version: this.#source?.version ?? "" }),
      startupS: () => this.#meter.report().startup_load_s,
    });
  }

  #reading(): Reading {
    const frames = this.#meter.report();
    const source = this.#source?.stats();
    const bitrates = this.#source?.qualities().map(({ bitrateBps }) => bitrateBps) ?? [];
    return {
      state: this.#reported(),
      bitrateBps: source?.bitrateBps ?? 0,
      topBitrateBps: Math.max(0, ...bitrates),
      throughputBps: source?.bandwidthBps ?? 0,
      bufferS: this.#bufferS(),
      latencyS: this.#latencyS(),
      rate: this.#video.playbackRate,
      dropped: frames.dropped_frames,
      frames: frames.total_frames,
      rendition: source?.rendition ?? "",
    };
  }

  /** The state as viewers have it, in CMCD's words. */
  #reported(): ReportState {
    const { video } = this.#options;
    if (!this.#meter.firstFrameSeen) return "s";
    if (video.ended) return "e";
    if (video.paused) return "a";
    if (video.seeking) return "k";
    return video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA ? "p" : "r";
  }

  #phase(): PlayerPhase {
    const { video } = this.#options;
    const opening = this.#takingOver && this.#meter.firstFrameSeen;
    if (!this.#source && !opening) return this.#wanted ? "loading" : "idle";
    if (video.ended) return "ended";
    if (video.paused) return this.#meter.firstFrameSeen ? "paused" : "loading";
    if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return "playing";
    return this.#meter.firstFrameSeen ? "waiting" : "loading";
  }

  #seekToEdge(): void {
    const source = this.#source;
    if (!source) return;
    const edgeS = source.edgeS();
    if (!Number.isFinite(edgeS)) return;
    const backS = Math.max(source.holdBackS(), this.#rate.targetS);
    const target = Math.max(Math.min(edgeS, source.listedEndS()) - backS, source.windowStartS());
    if (target > this.#video.currentTime) this.#video.currentTime = target;
  }

  #bufferS(): number {
    const { buffered, currentTime } = this.#video;
    for (let i = buffered.length - 1; i >= 0; i--) {
      if (buffered.start(i) <= currentTime + 0.05) return Math.max(0, buffered.end(i) - currentTime);
    }
    return 0;
  }

  #edgeLatencyS(): number {
    return this.#source ? this.#source.edgeS() - this.#video.currentTime : Number.NaN;
  }

  #latencyS(): number {
    const arrivedMs = this.#source?.programTimeMs(this.#video.currentTime) ?? Number.NaN;
    return shownLatencyS((Date.now() - arrivedMs) / 1000, this.#edgeLatencyS());
  }

  #behindS(): number {
    const end = this.#source?.listedEndS() ?? Number.NaN;
    return Number.isFinite(end) ? Math.max(0, end - this.#video.currentTime) : 0;
  }

  #windowS(): number {
    const length = (this.#source?.listedEndS() ?? Number.NaN) - (this.#source?.windowStartS() ?? Number.NaN);
    return Number.isFinite(length) ? Math.max(0, length) : 0;
  }
}
