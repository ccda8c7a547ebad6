/** Indicators of a scripted world: three regions, a throttled one among them, for `npm run dev:demo` and the page tests.
 *
 * Every number is a pure function of what is asked, of the slice and of the time, so that pages show the same twice.
 */

import type { Cell, Indicator, IndicatorAnswer, IndicatorQuery } from "../src/api/telemetry-types";

const VIEWER_DIMENSIONS = ["region", "channel", "stream", "device", "player", "network", "rendition", "node"];

function indicator(
  name: string,
  title: string,
  unit: Indicator["unit"],
  direction: Indicator["direction"],
  sentence: string,
  more: Partial<Indicator> = {},
): Indicator {
  return {
    name,
    title,
    group: "viewers",
    sentence,
    worry: "When it doubles against the hour before, or one region stands out.",
    unit,
    direction,
    owner: "playback",
    tables: ["playback"],
    dimensions: VIEWER_DIMENSIONS,
    formula: `sum(${name}) / sum(plays)`,
    ...more,
  };
}

const NODES: Partial<Indicator> = {
  group: "nodes",
  owner: "node",
  dimensions: ["region", "node"],
  formula: "sum(cpu_s) / sum(cpu_count * interval_s)",
};
const MEDIA: Partial<Indicator> = {
  group: "supply",
  owner: "media",
  dimensions: ["region", "channel", "stream", "rendition", "node"],
};
const EDGE: Partial<Indicator> = {
  group: "delivery",
  owner: "delivery",
  dimensions: ["region", "channel", "rendition", "node"],
};

export const INDICATORS: Indicator[] = [
  indicator(
    "concurrent_plays",
    "Concurrent plays",
    "count",
    "none",
    "How many players were playing, stalled or paused at once, on average.",
  ),
  indicator("plays", "Plays", "count", "none", "How many playbacks began."),
  indicator(
    "playback_failure_rate",
    "Playback failure rate",
    "ratio",
    "down",
    "The share of plays that an error ended.",
  ),
  indicator(
    "exits_before_start",
    "Exits before start",
    "ratio",
    "down",
    "The share of plays whose viewer left before the first picture.",
  ),
  indicator(
    "rebuffer_ratio",
    "Rebuffer ratio",
    "ratio",
    "down",
    "The share of playing time in which the picture stood still because the buffer was empty.",
  ),
  indicator(
    "rebuffers_per_hour",
    "Rebuffers per hour",
    "1/h",
    "down",
    "How often the picture stands still in an hour of watching.",
  ),
  indicator(
    "startup_time_p50",
    "Startup time, median",
    "s",
    "down",
    "Half of the viewers see the first picture within this time.",
  ),
  indicator(
    "startup_time_p95",
    "Startup time, 95th percentile",
    "s",
    "down",
    "19 of 20 viewers see the first picture within this time of wanting to play.",
  ),
  indicator(
    "live_latency_p50",
    "Live latency, median",
    "s",
    "down",
    "Half of what players report is within this distance from the live edge.",
  ),
  indicator(
    "live_latency_p95",
    "Live latency, 95th percentile",
    "s",
    "down",
    "19 of 20 reports of players are within this distance from the live edge.",
  ),
  indicator(
    "average_bitrate",
    "Average bitrate",
    "bit/s",
    "up",
    "The bitrate of what was on screen, averaged over the time it was watched.",
  ),
  indicator(
    "part_download_p50",
    "Part download, median",
    "s",
    "down",
    "Half of the parts are there within this time of being asked for.",
  ),
  indicator(
    "part_download_p95",
    "Part download, 95th percentile",
    "s",
    "down",
    "19 of 20 parts are there within this time of being asked for.",
  ),
  indicator("throughput_p50", "Throughput, median", "bit/s", "up", "What players measure of their network."),
  indicator(
    "player_errors_per_hour",
    "Player errors per hour",
    "1/h",
    "down",
    "Errors that players report in an hour of watching.",
  ),
  indicator(
    "rendition_switches_per_hour",
    "Rendition switches per hour",
    "1/h",
    "down",
    "How often players change the rendition in an hour of watching.",
  ),
  indicator(
    "concurrent_viewers",
    "Concurrent viewers",
    "count",
    "none",
    "How many viewers there were at once, as the edges count them.",
    EDGE,
  ),
  indicator(
    "delivery_error_ratio",
    "Delivery error ratio",
    "ratio",
    "down",
    "The share of viewers' requests that the edge could not answer (5xx).",
    EDGE,
  ),
  indicator(
    "cache_hit_ratio",
    "Cache hit ratio",
    "ratio",
    "up",
    "The share of viewers' requests that needed no request of their own to the origin.",
    EDGE,
  ),
  indicator("egress_bps", "Egress rate", "bit/s", "none", "How fast media leave the edges.", EDGE),
  indicator(
    "ingest_health",
    "Ingest health",
    "ratio",
    "up",
    "Media received per second that was due.",
    MEDIA,
  ),
  indicator(
    "gop_regularity",
    "GOP regularity",
    "ratio",
    "up",
    "How much of the time keyframes came when they were due.",
    MEDIA,
  ),
  indicator("part_lateness", "Part lateness", "ratio", "down", "The share of parts that came late.", MEDIA),
  indicator("ingest_bps", "Ingest rate", "bit/s", "none", "How fast media arrive.", MEDIA),
  indicator("cpu_used", "CPU used", "ratio", "down", "The share of the processors in use.", NODES),
  indicator("memory_used", "Memory used", "ratio", "down", "The share of memory in use.", NODES),
  indicator("disk_free", "Disk free", "ratio", "up", "The share of the disk that is free.", NODES),
  indicator("network_out", "Network out", "bit/s", "none", "How fast a node sends.", NODES),
  indicator(
    "capacity_left",
    "Capacity left",
    "ratio",
    "up",
    "The share of the processors that is free.",
    NODES,
  ),
];

const VALUES: Record<string, string[]> = {
  region: ["eu-west", "us-east", "ap-south"],
  channel: ["rough", "harbour", "interrupted"],
  stream: ["brd_local_harbour"],
  device: ["phone", "desktop", "tv"],
  player: ["hls.js", "dash.js"],
  network: ["wifi", "mobile"],
  rendition: ["v1080", "v720", "v480"],
  node: ["node-1", "edge-2", "edge-3"],
};

const BASE: Record<string, number> = {
  concurrent_plays: 412,
  plays: 96,
  playback_failure_rate: 0.004,
  exits_before_start: 0.021,
  rebuffer_ratio: 0.0042,
  rebuffers_per_hour: 0.8,
  startup_time_p50: 0.71,
  startup_time_p95: 1.24,
  live_latency_p95: 2.1,
  live_latency_p50: 1.4,
  average_bitrate: 2.1e6,
  part_download_p50: 0.021,
  part_download_p95: 0.074,
  throughput_p50: 5.4e6,
  player_errors_per_hour: 0.6,
  rendition_switches_per_hour: 4.2,
  concurrent_viewers: 431,
  delivery_error_ratio: 0.0004,
  cache_hit_ratio: 0.986,
  egress_bps: 1.6e9,
  ingest_health: 0.999,
  gop_regularity: 0.98,
  part_lateness: 0.012,
  ingest_bps: 9.4e6,
  cpu_used: 0.46,
  memory_used: 0.38,
  disk_free: 0.61,
  network_out: 1.6e9,
  capacity_left: 0.54,
};
/** Where lower is better the throttled region has more of it. */
const THROTTLED = "ap-south";
const THROTTLED_SINCE_S = 420;

/** A number between 0 and 1 that is the same for the same text. */
function chance(text: string): number {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return (hash >>> 8) / 2 ** 24;
}

function valueAt(name: string, slice: Record<string, string>, at: number, now: number): number | null {
  const base = BASE[name];
  const known = INDICATORS.find((each) => each.name === name);
  if (base === undefined || !known) return null;
  const key = Object.values(slice).join(" ");
  if (slice.region === "us-east" && known.group === "viewers" && slice.network === "mobile") return null;
  const wave =
    1 + 0.08 * Math.sin(at / 47 + chance(key) * 6) + 0.06 * (chance(`${name}${key}${Math.floor(at)}`) - 0.5);
  const counts = known.unit === "count" || known.unit === "GB";
  const part = counts
    ? Object.keys(slice).reduce((share, dimension) => share / (VALUES[dimension]?.length ?? 1), 1)
    : 1;
  const hurt = (slice.region === THROTTLED || slice.region === undefined) && at > now - THROTTLED_SINCE_S;
  const pain = known.direction === "down" && known.group === "viewers" && hurt ? (slice.region ? 6 : 2.4) : 1;
  const high = base * part * wave * pain * (0.8 + 0.4 * chance(key));
  return known.unit === "ratio"
    ? Math.min(1, high)
    : known.name === "concurrent_viewers"
      ? Math.round(high)
      : high;
}

function slices(by: readonly string[], where: IndicatorQuery["where"]): Record<string, string>[] {
  const fixed = Object.fromEntries(
    Object.entries(where).map(([dimension, values]) => [dimension, values[0] ?? ""]),
  );
  return by.reduce<Record<string, string>[]>(
    (found, dimension) =>
      found.flatMap((slice) =>
        (where[dimension] ?? VALUES[dimension] ?? []).map((value) => ({ ...slice, [dimension]: value })),
      ),
    [fixed],
  );
}

export function answerOf(query: IndicatorQuery, now: number): IndicatorAnswer {
  const { indicators, by = [], where = {}, step_s = 0 } = query;
  const times: number[] = [];
  if (step_s > 0) for (let at = query.from; at < query.to; at += step_s) times.push(at);
  else times.push(query.to);
  const rows: Cell[][] = times.flatMap((at) =>
    slices(by, where).map((slice) => [
      ...(step_s > 0 ? [at] : []),
      ...by.map((dimension) => slice[dimension] ?? null),
      ...indicators.map((name) => valueAt(name, slice, at, now)),
    ]),
  );
  const unit = (name: string) => INDICATORS.find((each) => each.name === name)?.unit ?? "";
  return {
    columns: [
      ...(step_s > 0 ? [{ name: "at", type: "time" as const, unit: "s" }] : []),
      ...by.map((name) => ({ name, type: "text" as const, unit: "" })),
      ...indicators.map((name) => ({ name, type: "number" as const, unit: unit(name) })),
    ],
    rows,
    queries: [
      {
        indicators: [...indicators],
        sql: `SELECT sum(rebuffer_s) / nullIf(sum(watched_s) + sum(rebuffer_s), 0) AS rebuffer_ratio\nFROM tidegate.playback_10s\nWHERE at >= {from:DateTime64(3)} AND at < {to:DateTime64(3)}`,
        params: { from: query.from, to: query.to },
        table: "playback_10s",
      },
    ],
    from: query.from,
    to: query.to,
    step_s,
    more: false,
  };
}
