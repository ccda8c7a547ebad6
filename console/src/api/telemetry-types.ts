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
