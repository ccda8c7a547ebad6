/** Playback sessions, log lines, alerts and advice, scripted: for `npm run dev:demo` and the page tests. */

import type {
  Advice,
  Alert,
  AlertList,
  AlertMember,
  LogLine,
  PlaybackFact,
  PlaybackSession,
  RuleStatus,
  SessionStory,
  StreamAdvice,
} from "../src/api/telemetry-types";

const BEAT_S = 5;
const NO_FACT: PlaybackFact = {
  at: 0,
  received_at: 0,
  region: "ap-south",
  node: "edge-3",
  seq: 0,
  joined: 0,
  started: 0,
  playback_rate: null,
  event: "beat",
  state: "playing",
  rendition: "",
  startup_s: null,
  interval_s: BEAT_S,
  watched_s: BEAT_S,
  rebuffer_s: 0,
  rebuffers: 0,
  switches: 0,
  frames: 150,
  dropped_frames: 0,
  bitrate_bps: null,
  top_bitrate_bps: null,
  buffer_s: null,
  latency_s: null,
  throughput_bps: null,
  request_s: null,
  request_status: 0,
  error: "",
  exit: "",
};

/** A viewer whose network was throttled halfway: down the ladder, two stalls, an error, and up again. */
function rough(began: number, until: number): PlaybackFact[] {
  const facts: PlaybackFact[] = [
    { ...NO_FACT, at: began, event: "state", state: "starting", watched_s: 0 },
    { ...NO_FACT, at: began + 0.9, event: "state", state: "playing", startup_s: 0.9, bitrate_bps: 2_700_000 },
  ];
  for (let at = began + BEAT_S; at < until; at += BEAT_S) {
    const t = at - began;
    const bad = t > 140 && t < 260;
    facts.push({
      ...NO_FACT,
      at,
      bitrate_bps: bad ? 640_000 : t < 300 && t > 140 ? 1_400_000 : 2_700_000,
      top_bitrate_bps: 2_700_000,
      throughput_bps: bad ? 700_000 + 90_000 * Math.sin(t) : 5_200_000 + 600_000 * Math.sin(t / 9),
      buffer_s: bad ? 0.4 + 0.3 * Math.sin(t / 4) : 1.6 + 0.3 * Math.sin(t / 7),
      latency_s: bad ? 3.4 + t / 90 : 1.5 + 0.2 * Math.sin(t / 11),
    });
  }
  const stall = (at: number, length: number): PlaybackFact[] => [
    { ...NO_FACT, at, event: "state", state: "rebuffering", rebuffers: 1, buffer_s: 0 },
    { ...NO_FACT, at: at + length, event: "state", state: "playing", rebuffer_s: length, buffer_s: 0.5 },
  ];
  const told = [
    ...facts,
    { ...NO_FACT, at: began + 141, event: "bitrate" as const, bitrate_bps: 640_000, switches: 1 },
    ...stall(began + 146.2, 3.4),
    ...stall(began + 203, 6.1),
    {
      ...NO_FACT,
      at: began + 204,
      event: "error" as const,
      state: "rebuffering" as const,
      error: "mediaError:bufferStalledError",
    },
    { ...NO_FACT, at: began + 263, event: "bitrate" as const, bitrate_bps: 1_400_000, switches: 1 },
  ];
  return told.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
}

const IDS = [
  "0b6f3a52-8d51-4c1e-9a77-51c2f0e4b7aa",
  "4f1c9be0-2f3b-4d0a-8f6e-0c9e5a1b2c3d",
  "a81d77c4-90ab-4a55-b0de-7c3f12e88e01",
  "d2e5b6f8-1234-4bcd-9ef0-aabbccddeeff",
];

export function sessionList(now: number): PlaybackSession[] {
  const base = {
    channel: "harbour",
    stream: "brd_local_harbour",
    node: "edge-3",
    player: "hls.js",
    player_version: "1.7.2",
    exit: "",
    error: "",
    errors: 0,
    rendition: "",
    frames: 9_000,
    dropped_frames: 0,
    throughput_bps: null,
    reports: 84,
  };
  const [first, second, third, fourth] = IDS as [string, string, string, string];
  return [
    {
      ...base,
      session: first,
      region: "ap-south",
      device: "phone",
      network: "mobile",
      state: "playing",
      joined_at: now - 420,
      last_at: now - 1,
      startup_s: 0.9,
      watched_s: 409,
      rebuffer_s: 9.5,
      rebuffers: 2,
      switches: 2,
      bitrate_bps: 1_910_000,
      latency_s: 2.3,
      errors: 1,
      error: "mediaError:bufferStalledError",
    },
    {
      ...base,
      session: second,
      region: "ap-south",
      device: "desktop",
      network: "wifi",
      state: "rebuffering",
      joined_at: now - 96,
      last_at: now - 2,
      startup_s: 4.1,
      watched_s: 81,
      rebuffer_s: 11,
      rebuffers: 5,
      switches: 3,
      bitrate_bps: 640_000,
      latency_s: 6.8,
    },
    {
      ...base,
      session: third,
      region: "eu-west",
      device: "tv",
      network: "wifi",
      state: "playing",
      joined_at: now - 3_950,
      last_at: now - 3,
      startup_s: 0.6,
      watched_s: 3_940,
      rebuffer_s: 0,
      rebuffers: 0,
      switches: 1,
      bitrate_bps: 2_700_000,
      latency_s: 1.4,
    },
    {
      ...base,
      session: fourth,
      region: "us-east",
      device: "phone",
      network: "mobile",
      state: "quit",
      exit: "before-start",
      joined_at: now - 300,
      last_at: now - 292,
      startup_s: null,
      watched_s: 0,
      rebuffer_s: 0,
      rebuffers: 0,
      switches: 0,
      bitrate_bps: null,
      latency_s: null,
    },
  ];
}

export function sessionStory(session: string, now: number): SessionStory | undefined {
  const found = sessionList(now).find((each) => each.session === session);
  if (!found) return undefined;
  if (found.startup_s === null) {
    const began: PlaybackFact = {
      ...NO_FACT,
      at: found.joined_at,
      event: "state",
      state: "starting",
      watched_s: 0,
    };
    return {
      session: found,
      facts: [began, { ...began, at: found.last_at, state: "quit", exit: "before-start" }],
    };
  }
  return { session: found, facts: rough(found.joined_at, found.last_at) };
}

const LINES: [LogLine["level"], string, string, string, Record<string, unknown>][] = [
  [
    "info",
    "publisher_connected",
    "protocol=rtmp remote=192.0.2.17 encoder='OBS 31.0.2 (libobs)'",
    "harbour",
    { protocol: "rtmp", remote: "192.0.2.17" },
  ],
  ["info", "stream_live", "first part after 0.41 s", "harbour", { playable_after_s: 0.41 }],
  [
    "warning",
    "gop_too_long",
    "keyframes come every 8.3 s; segments cannot be shorter than that",
    "rough",
    { gop_s: 8.3 },
  ],
  [
    "error",
    "publisher_refused",
    "remote=192.0.2.44 reason='the key is not this channel's'",
    "refused",
    { remote: "192.0.2.44", code: "wrong-key" },
  ],
  ["info", "viewer_joined", "region=ap-south device=phone", "harbour", { region: "ap-south" }],
  ["warning", "ingest_slow", "0.83 s of picture per second", "rough", { media_s: 0.83 }],
];
const LINE_EVERY_S = 3;

export function logLine(turn: number, at: number): LogLine {
  const [level, event, message, channel, fields] = LINES[turn % LINES.length] as (typeof LINES)[number];
  return {
    at,
    region: "eu-west",
    node: "node-1",
    level,
    event,
    message: `${event} ${message}`,
    logger: "tidegate.media",
    channel,
    stream: "",
    session: "",
    arms: [],
    fields: JSON.stringify(fields),
  };
}

export function logLines(now: number, q: string, level: string): LogLine[] {
  const newest = Math.floor(now / LINE_EVERY_S);
  const worse =
    level === "error" ? ["error", "critical"] : level === "warning" ? ["warning", "error", "critical"] : [];
  return Array.from({ length: 60 }, (_, back) => logLine(newest - back, (newest - back) * LINE_EVERY_S))
    .filter((line) => worse.length === 0 || worse.includes(line.level))
    .filter(({ message }) =>
      q.split(/\s+/).every((word) => message.toLowerCase().includes(word.toLowerCase())),
    );
}

export function alertList(now: number): AlertList {
  const base = {
    severity: "error" as const,
    state: "firing" as const,
    members: [],
    more: 0,
    unit: "ratio",
    fired_at: now - 300,
    resolved_at: 0,
    ended: "",
    no_data: false,
    flapping: false,
    silenced_by: "",
    silenced_until: 0,
    acknowledged: null,
    checked_at: now,
    opened: [],
    told: true,
    reminded: false,
    query: null,
  };
  const stall: Alert = {
    ...base,
    id: "alr_1",
    rule: "rebuffering",
    title: "Viewers stall",
    sentence:
      "2.2 % of playing time stood still in region ap-south, channel harbour and 1 more; the limit is 1 %.",
    fix: "Look whether all networks of the region are hurt, or one edge. Where capacity is used up, put another edge beside it.",
    indicator: "rebuffer_ratio",
    value: 0.022,
    limit: 0.01,
    slice: { region: "ap-south" },
    since: now - 380,
    link: "/console?region=ap-south&last=3600&show=rebuffer_ratio",
  };
  const member = (channel: string, value: number): AlertMember => ({
    slice: { region: "ap-south", channel },
    since: now - 380,
    fired_at: now - 300,
    fine_since: 0,
    seen_at: now,
    value,
    limit: 0.01,
  });
  const items: Alert[] = [
    { ...stall, members: [member("harbour", 0.022), member("rough", 0.019)] },
    {
      ...stall,
      id: "alr_2",
      rule: "keyframes-late",
      title: "Keyframes come late",
      severity: "warning",
      sentence: "Keyframes came when they were due for 62 % of the time in channel rough; the limit is 90 %.",
      fix: "Set the encoder's keyframe interval to 2 s.",
      indicator: "gop_regularity",
      slice: { channel: "rough" },
      since: now - 540,
      acknowledged: { who: "ann", at: now - 200, until: 0, note: "" },
      link: "/console?channel=rough&last=3600&show=gop_regularity",
    },
    {
      ...stall,
      id: "alr_3",
      rule: "errors",
      title: "Edges answer with errors",
      severity: "warning",
      state: "pending",
      fired_at: 0,
      sentence: "0.2 % of requests were answered with an error in region us-east.",
      indicator: "delivery_error_ratio",
      slice: { region: "us-east" },
      since: now - 20,
      link: "/console?region=us-east&last=3600&show=delivery_error_ratio",
    },
    {
      ...stall,
      id: "alr_4",
      rule: "latency",
      title: "Viewers are far behind",
      severity: "warning",
      state: "resolved",
      sentence: "19 of 20 reports were within 5.6 s of the live edge in channel harbour; the limit is 5 s.",
      indicator: "live_latency_p95",
      slice: { channel: "harbour" },
      since: now - 7_200,
      resolved_at: now - 6_600,
      link: "/console?channel=harbour&last=3600&show=live_latency_p95",
    },
  ];
  return { items, evaluator: { holder: "local/node-1", here: true, at: now, seconds: 0.04, problems: {} } };
}

const rule = (name: string, title: string, indicator: string, firing = 0, pending = 0): RuleStatus => ({
  rule: {
    name,
    title,
    indicator,
    severity: "warning",
    sentence: "{value} in {slice}; the limit is {limit}.",
    fix: "Look at the slice.",
    condition: { kind: "threshold", above: 0.01 },
    no_data: "keep",
    by: ["region", "channel"],
    group: ["region"],
    where: {},
    guard: null,
    window_s: 60,
    for_s: 60,
    calm_s: 60,
    expect_s: 3600,
    enabled: true,
  },
  origin: "release",
  problem: "",
  firing,
  pending,
});

export const ALERT_RULES: RuleStatus[] = [
  rule("errors", "Edges answer with errors", "delivery_error_ratio", 0, 1),
  rule("keyframes-late", "Keyframes come late", "gop_regularity", 1),
  rule("latency", "Viewers are far behind", "live_latency_p95"),
  rule("rebuffering", "Viewers stall", "rebuffer_ratio", 1),
];

export function adviceOf(channel: string, now: number): StreamAdvice {
  const items: Advice[] = [
    {
      code: "parts-slow",
      severity: "error",
      chart: "download",
      sentence: "Parts take 0.27 s to download, longer than the 0.20 s they last: players fall behind.",
      fix: "Switch the ladder on for this channel, so that players have a smaller rendition to go to.",
      indicator: "part_download_p95",
      value: 0.27,
      limit: 0.2,
      unit: "s",
    },
    {
      code: "switching",
      severity: "warning",
      chart: "errors",
      sentence: "Players switch 46 times in an hour of watching.",
      fix: "Leave out one of the two rungs that are closest to each other.",
      indicator: "rendition_switches_per_hour",
      value: 46,
      limit: 30,
      unit: "1/h",
    },
  ];
  return { items: channel === "rough" ? items : [], since: now - 300, until: now, incomplete: "" };
}
