/** Streams, nodes and health in every state the pages know: for `npm run dev:demo` and the page tests. */

import type {
  ChannelView,
  CheckStatus,
  Health,
  LadderStatus,
  NodeStatus,
  Note,
  Publisher,
  PublisherStatus,
  StreamState,
  StreamView,
  TrackStats,
  WatchView,
} from "../src/api/types";

interface Scene {
  title: string;
  state: StreamState;
  /** Seconds the broadcast has run. */
  ranS: number;
  /** Seconds since the last change of state. */
  sinceS: number;
  viewers: number;
  peak: number;
  notes?: (now: number) => Note[];
  refusals?: (now: number) => Note[];
}

const NOTES = {
  lateGop: (now: number): Note => ({
    code: "long-gop",
    level: "warning",
    message: "Keyframes come every 8.3 s; segments cannot be shorter than that.",
    hint: "Set the keyframe interval to 2 s in the encoder (OBS: Output › Keyframe Interval).",
    at: now - 14,
    count: 6,
  }),
  jump: (now: number): Note => ({
    code: "timestamp-jump",
    level: "info",
    message: "The publisher's clock jumped by 4.2 s and was steadied.",
    hint: "Nothing to do if it happens once; if it repeats, restart the encoder.",
    at: now - 95,
    count: 1,
  }),
  slow: (now: number): Note => ({
    code: "ingest-slow",
    level: "error",
    message: "Video arrives slower than it plays: 0.83 s of picture per second.",
    hint: "Lower the encoder's bitrate below the upload speed, or use a wired connection.",
    at: now - 3,
    count: 41,
  }),
  multitrack: (now: number): Note => ({
    code: "unsupported-codec",
    level: "error",
    message: "The publisher offered VP8 video over RTMP, which is not supported.",
    hint: "Choose H.264, HEVC or AV1 in the encoder.",
    at: now - 40,
    count: 3,
  }),
  wrongKey: (now: number): Note => ({
    code: "wrong-key",
    level: "warning",
    message: "A publisher at 192.0.2.44 was refused: the key is not this channel's.",
    hint: "Copy the key again, or rotate it if it was lost.",
    at: now - 300,
    count: 1,
  }),
};

export const SCENES: Record<string, Scene> = {
  harbour: { title: "Harbour webcam", state: "live", ranS: 5_025, sinceS: 5_020, viewers: 1284, peak: 1530 },
  rough: {
    title: "Street interview, day 2",
    state: "live",
    ranS: 640,
    sinceS: 600,
    viewers: 37,
    peak: 64,
    notes: (now) => [NOTES.slow(now), NOTES.lateGop(now), NOTES.jump(now)],
  },
  starting: { title: "Soundcheck", state: "starting", ranS: 1, sinceS: 1, viewers: 3, peak: 3 },
  interrupted: {
    title: "Regatta, finish line",
    state: "interrupted",
    ranS: 3_700,
    sinceS: 21,
    viewers: 212,
    peak: 418,
  },
  ended: {
    title: "Evening mass",
    state: "ended",
    ranS: 4_320,
    sinceS: 900,
    viewers: 0,
    peak: 86,
    notes: (now) => [NOTES.jump(now)],
  },
  "studio-b": { title: "Studio B", state: "offline", ranS: 0, sinceS: 0, viewers: 0, peak: 0 },
  refused: {
    title: "Guest camera",
    state: "offline",
    ranS: 0,
    sinceS: 0,
    viewers: 0,
    peak: 0,
    refusals: (now) => [NOTES.multitrack(now), NOTES.wrongKey(now)],
  },
};

const NO_TRACK: TrackStats = {
  name: "",
  kind: "",
  codec: "",
  kbps: 0,
  fps: 0,
  gop_s: 0,
  width: 0,
  height: 0,
  sample_rate: 0,
  channels: 0,
  part_target_s: 0,
  segment_s: 0,
};

/** What arrives, swaying a little with time so that charts have something to draw. */
export function tracks(now: number): TrackStats[] {
  const sway = Math.sin(now / 5) * 180 + Math.sin(now / 1.7) * 60;
  return [
    {
      ...NO_TRACK,
      name: "video",
      kind: "video",
      codec: "avc1.640028",
      kbps: 2_700 + sway,
      fps: 30 + Math.sin(now / 3) * 0.3,
      gop_s: 2,
      width: 1920,
      height: 1080,
      part_target_s: 0.2,
      segment_s: 2,
    },
    {
      ...NO_TRACK,
      name: "audio",
      kind: "audio",
      codec: "mp4a.40.2",
      kbps: 128,
      sample_rate: 48_000,
      channels: 2,
      part_target_s: 0.2,
      segment_s: 2,
    },
  ];
}

function publisher(channel: string, connectedAt: number, role: Publisher["role"]): Publisher {
  return {
    session: role === "primary" ? "ses_local_7m2k9x4c1t8v" : "ses_local_3b8d1r5w9q2z",
    channel,
    protocol: "rtmp",
    remote: role === "primary" ? "192.0.2.17" : "198.51.100.4",
    encoder: "OBS 31.0.2 (libobs)",
    connected_at: connectedAt,
    role,
  };
}

function publishers(channel: string, connectedAt: number, both: boolean): PublisherStatus[] {
  const primary: PublisherStatus = {
    publisher: publisher(channel, connectedAt, "primary"),
    place: "on air",
    ready: both,
    kbps: both ? 2_810 : 0,
    steady_s: both ? 5_400 : 0,
  };
  if (!both) return [primary];
  const backup = publisher(channel, connectedAt + 40, "backup");
  return [primary, { ...primary, publisher: backup, place: "standby", steady_s: 5_360 }];
}

export function streamView(channel: string, now: number): StreamView | undefined {
  const scene = SCENES[channel];
  if (!scene) return undefined;
  const publishing = scene.state === "live" || scene.state === "starting";
  const known = scene.ranS > 0;
  return {
    channel,
    title: scene.title,
    state: scene.state,
    state_since: known ? now - scene.sinceS : 0,
    broadcast: known ? `brd_local_${channel}` : "",
    arms: [],
    started_at: known ? now - scene.ranS : 0,
    publisher: publishing ? publisher(channel, now - scene.ranS, "primary") : null,
    slate: known ? (scene.state === "interrupted" ? "on air" : "ready") : "none",
    publishers: publishing ? publishers(channel, now - scene.ranS, scene.state === "live") : [],
    tracks: known ? tracks(now) : [],
    notes: scene.notes?.(now) ?? [],
    bytes_in: scene.ranS * 353_000,
    parts: scene.ranS * 5,
    discontinuities: channel === "interrupted" || channel === "ended" ? 1 : 0,
    playable_after_s: known ? 0.21 : 0,
    viewers: scene.viewers,
    peak_viewers: scene.peak,
    ingest: { rtmp: "rtmp://127.0.0.1:1935/live", rtmps: null, srt: "srt://127.0.0.1:8890" },
    playback: {
      hls: `http://127.0.0.1:8080/live/${channel}/index.m3u8`,
      watch: `http://127.0.0.1:8080/watch/${channel}`,
    },
    refusals: scene.refusals?.(now) ?? [],
    ladder: ladder(scene, now),
  };
}

const NO_LADDER: LadderStatus = {
  state: "off",
  reason: "",
  hint: "",
  encoder: "",
  preset: "",
  rungs: [],
  cpu_cores: 0,
  cost_cores: 0,
  rss_bytes: 0,
  lag_s: 0,
  restarts: 0,
};

function ladder(scene: Scene, now: number): LadderStatus {
  if (scene.state !== "live") return NO_LADDER;
  if (scene.viewers < 100) {
    return {
      ...NO_LADDER,
      state: "refused",
      reason:
        "A ladder of 720p, 480p, 360p needs about 0.52 of a core, and 0.31 of the 1.20 that ladders may take are free.",
      hint: "Ask for fewer or smaller rungs (ladder.rungs), or stop another channel's ladder.",
    };
  }
  const sway = Math.sin(now / 4);
  const rung = (name: string, width: number, height: number, kbps: number) => ({
    name,
    width,
    height,
    target_kbps: kbps,
    kbps: kbps * (1 + sway / 20),
    fps: 30,
  });
  return {
    ...NO_LADDER,
    state: "running",
    encoder: "x264",
    preset: "veryfast",
    rungs: [rung("720p", 1280, 720, 2500), rung("480p", 854, 480, 1200), rung("360p", 640, 360, 700)],
    cpu_cores: 0.49 + sway / 50,
    cost_cores: 0.52,
    rss_bytes: 180e6,
    lag_s: 0.2,
  };
}

export function watchView(channel: string, now: number): WatchView | undefined {
  const stream = streamView(channel, now);
  if (!stream) return undefined;
  const { title, state, state_since, started_at, viewers, playback } = stream;
  return {
    channel,
    title,
    state,
    state_since,
    started_at,
    viewers,
    access: "public",
    hls: playback.hls,
    expires_at: 0,
    clips: "nobody",
  };
}

export function channelViews(now: number): ChannelView[] {
  return Object.entries(SCENES).map(([name, scene]) => ({
    name,
    title: scene.title,
    created_at: now - 86_400 * 12,
    home_region: "local",
    key_hint: "4c1t",
    state: scene.state,
    viewers: scene.viewers,
  }));
}

export function nodeStatus(now: number): NodeStatus {
  return {
    node: "node-1",
    region: "local",
    roles: ["controller", "gateway", "origin", "edge"],
    version: "0.1.0",
    started_at: now - 90_000,
    cpu_cores: 0.42 + Math.sin(now / 6) * 0.12,
    cpu_count: 2,
    rss_bytes: 212e6,
    memory_total_bytes: 25e9,
    disk_free_bytes: 64e9,
    disk_total_bytes: 252e9,
    streams: 3,
    viewers: 1_536,
    ingest_bps: 8.4e6 + Math.sin(now / 4) * 5e5,
    egress_bps: 4.1e9 + Math.sin(now / 7) * 3e8,
  };
}

export function healthOf(status: CheckStatus): Health {
  const checks: Health["checks"] = [
    { name: "store", status: "ok", message: "SQLite answers in 0.4 ms.", hint: "" },
    { name: "gateway", status: "ok", message: "RTMP listens on 127.0.0.1:1935.", hint: "" },
    {
      name: "disk",
      status,
      message:
        status === "ok" ? "64 GB free under /var/lib/tidegate." : "1.2 GB free under /var/lib/tidegate.",
      hint:
        status === "ok"
          ? ""
          : "Free space under /var/lib/tidegate, or shorten the DVR window with dvr_window_s.",
    },
    {
      name: "origin",
      status: status === "failing" ? "failing" : "ok",
      message:
        status === "failing" ? "Segments cannot be written: no space left." : "3 streams, no late part.",
      hint:
        status === "failing"
          ? "Playing continues from memory; make room, then the check clears by itself."
          : "",
    },
  ];
  return { status, version: "0.1.0", uptime_s: 90_000, checks };
}
