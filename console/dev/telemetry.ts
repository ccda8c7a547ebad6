/** Indicators of a scripted world: three regions, a throttled one among them, for `npm run dev:demo` and the page tests.
 *
 * Every number is a pure function of what is asked, of the slice and of the time, so that pages show the same twice.
 */

import type { Cell, Indicator, IndicatorAnswer, IndicatorQuery } from "../src/api/telemetry-types";

const VIEWER_DIMENSIONS = ["region", "channel", "stream", "device", "player", "network", "rendition", "node"];

function indicator(
  name: string,
  title: string,
  unit: string,
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
    dimensions: VIEWER_DIMENSIONS,
    formula: `sum(${name}) / sum(plays)`,
    ...more,
  };
}

const NODES = {
  group: "nodes",
  owner: "node",
  dimensions: ["region", "node"],
  formula: "sum(cpu_s) / sum(cpu_count * interval_s)",
};
const MEDIA = {
  group: "supply",
  owner: "media",
  dimensions: ["region", "channel", "stream", "rendition", "node"],
};
const EDGE = { group: "delivery", owner: "delivery", dimensions: ["region", "channel", "rendition", "node"] };

export const INDICATORS: Indicator[] = [
  indicator(
    "concurrent_viewers",
    "Viewers",
    "count",
    "up",
    "How many people watched at once, on average over the time asked about.",
  ),
  indicator("playback_starts", "Starts", "count", "up", "How many playback sessions got a first picture."),
  indicator(
    "playback_failure_ratio",
    "Playback failures",
    "ratio",
    "down",
    "Of all attempts to play, the share that failed before or while playing.",
  ),
  indicator(
    "exits_before_start_ratio",
    "Exits before start",
    "ratio",
    "down",
    "Of all attempts, the share that left before the first picture.",
  ),
  indicator(
    "rebuffer_ratio",
    "Rebuffer ratio",
    "ratio",
    "down",
    "Of the time people wanted to watch, the share that the picture stood still for an empty buffer.",
  ),
  indicator(
    "startup_time_p95",
    "Startup time p95",
    "s",
    "down",
    "From the wish to play to the first picture: 95 of 100 viewers waited no longer.",
  ),
  indicator(
    "live_latency_p95",
    "Live latency p95",
    "s",
    "down",
    "From the live edge to the screen: 95 of 100 viewers were no further behind.",
  ),
  indicator(
    "live_latency_p50",
    "Live latency p50",
    "s",
    "down",
    "From the live edge to the screen: half of the viewers were no further behind.",
  ),
  indicator(
    "average_bitrate",
    "Average bitrate",
    "bit/s",
    "up",
    "What people saw, in bits per second of picture, weighted by watch time.",
  ),
  indicator(
    "part_download_time_p95",
    "Part download p95",
    "s",
    "down",
    "From asking for a part to its last byte: 95 of 100 took no longer.",
  ),
  indicator("throughput_p50", "Throughput p50", "bit/s", "up", "What players measured of their network."),
  indicator("playback_errors", "Player errors", "count", "down", "Errors that players reported."),
  indicator("rendition_switches", "Switches", "count", "down", "How often players changed the rendition."),
  indicator(
    "delivery_error_ratio",
    "Delivery errors",
    "ratio",
    "down",
    "Of all requests at the edges, the share answered with 5xx.",
    EDGE,
  ),
  indicator(
    "cache_hit_ratio",
    "Cache hits",
    "ratio",
    "up",
    "Of media requests, the share answered from memory.",
    EDGE,
  ),
  indicator("egress_bytes", "Egress", "GB", "none", "Bytes of bodies sent to viewers.", EDGE),
  indicator(
    "ingest_health",
    "Ingest health",
    "ratio",
    "up",
    "Media received per second that was due.",
    MEDIA,
  ),
  indicator("part_lateness", "Late parts", "ratio", "down", "Of all parts, the share that came late.", MEDIA),
  indicator("cpu_utilisation", "CPU", "ratio", "down", "Of the processors, the share in use.", NODES),
  indicator("memory_utilisation", "Memory", "ratio", "down", "Of memory, the share in use.", NODES),
  indicator("disk_utilisation", "Disk", "ratio", "down", "Of the disk, the share in use.", NODES),
  indicator("egress_bps", "Network out", "bit/s", "none", "What machines sent, per second.", NODES),
  indicator("capacity_left", "Capacity left", "ratio", "up", "Share of the processors that is free.", NODES),
];

const VALUES: Record<string, string[]> = {
  region: ["eu-west", "us-east", "ap-south"],
  channel: ["friday-show", "harbour-cam", "quarterly"],
  stream: ["brd_local_friday-show"],
  device: ["phone", "desktop", "tv"],
  player: ["hls.js", "dash.js"],
  network: ["wifi", "mobile"],
  rendition: ["v1080", "v720", "v480"],
  node: ["node-1", "edge-2", "edge-3"],
};

const BASE: Record<string, number> = {
  concurrent_viewers: 412,
  playback_starts: 96,
  playback_failure_ratio: 0.004,
  exits_before_start_ratio: 0.021,
  rebuffer_ratio: 0.0042,
  startup_time_p95: 1.24,
  live_latency_p95: 2.1,
  live_latency_p50: 1.4,
  average_bitrate: 3.8e6,
  part_download_time_p95: 0.09,
  throughput_p50: 14e6,
  playback_errors: 3,
  rendition_switches: 11,
  delivery_error_ratio: 0.0004,
  cache_hit_ratio: 0.986,
  egress_bytes: 42.5,
  ingest_health: 0.999,
  part_lateness: 0.012,
  cpu_utilisation: 0.46,
  memory_utilisation: 0.38,
  disk_utilisation: 0.61,
  egress_bps: 1.6e9,
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
      ...(step_s > 0 ? [{ name: "at", type: "time", unit: "s" }] : []),
      ...by.map((name) => ({ name, type: "text", unit: "" })),
      ...indicators.map((name) => ({ name, type: "number", unit: unit(name) })),
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
