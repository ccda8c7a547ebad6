/** What telemetry's API answers, by the names the pages use: indicators, playback sessions, logs, alerts, advice. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Advice = Schemas["Advice"];
export type Alert = Schemas["Alert"];
export type AlertList = Schemas["AlertList"];
export type AlertMember = Schemas["AlertMember"];
export type Indicator = Schemas["IndicatorView"];
export type LogLine = Schemas["LogFact"];
export type LogPage = Schemas["LogPage"];
export type PlaybackFact = Schemas["PlaybackReport"];
export type RuleStatus = Schemas["RuleStatus"];
export type StreamAdvice = Schemas["StreamAdvice"];

export type PlaybackState = PlaybackFact["state"];
/** Its state is one of those that reports have. */
export type PlaybackSession = Omit<Schemas["PlaybackSession"], "state"> & { state: PlaybackState };
export type SessionStory = Omit<Schemas["SessionStory"], "session"> & { session: PlaybackSession };
/** Everything that has a default is given all the same. */
export type IndicatorQuery = Required<Omit<Schemas["IndicatorQuery"], "parts">>;
/** A text where a column is a dimension, else a number; null where there are no data. */
export type Cell = string | number | null;
export type IndicatorAnswer = Omit<Schemas["IndicatorAnswer"], "rows"> & { rows: Cell[][] };

export interface SessionFilter {
  channel: string;
  region: string;
  device: string;
  state: string;
  from: number;
  to: number;
  order: string;
  limit: number;
}

export interface LogFilter {
  q: string;
  level: string;
  channel: string;
  session: string;
  node: string;
  region: string;
}
