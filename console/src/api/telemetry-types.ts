/** What telemetry's API answers: indicators, playback sessions, logs, alerts, advice. */

export type Direction = "up" | "down" | "none";

export interface Indicator {
  name: string;
  title: string;
  group: string;
  sentence: string;
  /** When to worry. */
  worry: string;
  unit: string;
  direction: Direction;
  owner: string;
  dimensions: string[];
  formula: string;
}

export interface IndicatorQuery {
  indicators: readonly string[];
  from: number;
  to: number;
  /** 0: one number over the whole range. */
  step_s: number;
  by: readonly string[];
  where: Record<string, readonly string[]>;
  limit: number;
}

export type Cell = string | number | null;

export interface IndicatorAnswer {
  columns: { name: string; type: string; unit: string }[];
  rows: Cell[][];
  queries: { indicators: string[]; sql: string; params: Record<string, unknown>; table: string }[];
  from: number;
  to: number;
  step_s: number;
  /** There may be more groups than `limit`. */
  more: boolean;
}

/** What could be better with a stream, reckoned from its facts. */
export interface Advice {
  code: string;
  severity: "info" | "warning" | "error";
  chart: string;
  sentence: string;
  fix: string;
  indicator: string;
  value: number | null;
  limit: number | null;
  unit: string;
}

export interface StreamAdvice {
  /** Worst first. */
  items: Advice[];
  since: number;
  until: number;
  /** Why some may be missing; empty where none is. */
  incomplete: string;
}

export type PlaybackState =
  | "preloading"
  | "starting"
  | "playing"
  | "seeking"
  | "rebuffering"
  | "paused"
  | "waiting"
  | "ended"
  | "failed"
  | "quit";

/** One playback session, stitched from what its player reported. */
export interface PlaybackSession {
  session: string;
  channel: string;
  stream: string;
  region: string;
  node: string;
  player: string;
  player_version: string;
  device: string;
  network: string;
  state: PlaybackState;
  exit: string;
  joined_at: number;
  last_at: number;
  startup_s: number | null;
  watched_s: number;
  rebuffer_s: number;
  rebuffers: number;
  switches: number;
  bitrate_bps: number | null;
  latency_s: number | null;
  errors: number;
  error: string;
}

/** One report within a session's story. */
export interface PlaybackFact {
  at: number;
  received_at: number;
  event: "beat" | "state" | "bitrate" | "error" | "response";
  state: PlaybackState;
  rendition: string;
  startup_s: number | null;
  interval_s: number;
  watched_s: number;
  rebuffer_s: number;
  rebuffers: number;
  switches: number;
  frames: number;
  dropped_frames: number;
  bitrate_bps: number | null;
  top_bitrate_bps: number | null;
  buffer_s: number | null;
  latency_s: number | null;
  throughput_bps: number | null;
  request_s: number | null;
  request_status: number;
  error: string;
  exit: string;
}

export interface SessionStory {
  session: PlaybackSession;
  facts: PlaybackFact[];
}

export interface SessionFilter {
  channel?: string;
  region?: string;
  device?: string;
  state?: string;
  from: number;
  to: number;
  order: string;
  limit: number;
}

export type LogLevel = "debug" | "info" | "warning" | "error" | "critical";

export interface LogLine {
  at: number;
  region: string;
  node: string;
  level: LogLevel;
  event: string;
  message: string;
  logger: string;
  channel: string;
  stream: string;
  session: string;
  fields: Record<string, unknown> | string;
}

export interface LogPage {
  items: LogLine[];
  /** Given as `before`, asks for older lines; empty where there are none. */
  next: string;
}

export interface LogFilter {
  q?: string;
  level?: string;
  channel?: string;
  session?: string;
  node?: string;
  region?: string;
}

export interface AlertMember {
  slice: [string, string][];
  since: number;
  fired_at: number;
  value: number | null;
  limit: number | null;
}

export interface Alert {
  id: string;
  rule: string;
  title: string;
  severity: "info" | "warning" | "error";
  state: "pending" | "firing" | "resolved";
  /** What its members have in common. */
  slice: Record<string, string>;
  members: AlertMember[];
  more: number;
  indicator: string;
  unit: string;
  sentence: string;
  fix: string;
  value: number | null;
  limit: number | null;
  since: number;
  fired_at: number;
  resolved_at: number;
  ended: string;
  no_data: boolean;
  flapping: boolean;
  silenced_until: number;
  acknowledged: { who: string; at: number; until: number; note: string } | null;
  /** Into the console: path and query. */
  link: string;
}

export interface EvaluatorStatus {
  holder: string;
  problems: Record<string, string>;
}

export interface AlertList {
  items: Alert[];
  evaluator: EvaluatorStatus;
}

export interface RuleStatus {
  rule: {
    name: string;
    title: string;
    indicator: string;
    severity: "info" | "warning" | "error";
    fix: string;
    enabled: boolean;
  };
  origin: "release" | "changed" | "own";
  problem: string;
  firing: number;
  pending: number;
}
