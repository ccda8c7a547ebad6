/** Calls for facts and what is made of them: indicators, playback sessions, logs, alerts, advice. All throw `Problem`. */

import { call } from "./client";
import type {
  Alert,
  AlertList,
  Indicator,
  IndicatorAnswer,
  IndicatorQuery,
  LogFilter,
  LogPage,
  PlaybackSession,
  RuleStatus,
  SessionFilter,
  SessionStory,
  StreamAdvice,
} from "./telemetry-types";

interface Items<T> {
  items: T[];
}

const at = encodeURIComponent;

/** Parameters that have a value. */
export function params(values: object): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

export const indicators = {
  list: async (signal?: AbortSignal) =>
    (await call<Items<Indicator>>("GET", "/indicators", { signal })).items,
  query: (query: IndicatorQuery, signal?: AbortSignal) =>
    call<IndicatorAnswer>("POST", "/indicators/query", { body: query, signal }),
};

export const advice = (channel: string, signal?: AbortSignal) =>
  call<StreamAdvice>("GET", `/streams/${at(channel)}/advice`, { signal });

export const playbackSessions = {
  list: async (filter: SessionFilter, signal?: AbortSignal) =>
    (await call<Items<PlaybackSession>>("GET", `/playback-sessions?${params(filter)}`, { signal })).items,
  read: (session: string, signal?: AbortSignal) =>
    call<SessionStory>("GET", `/playback-sessions/${at(session)}`, { signal }),
};

export const logs = {
  page: (
    filter: LogFilter & { from: number; to: number; limit: number; before?: string },
    signal?: AbortSignal,
  ) => call<LogPage>("GET", `/logs?${params(filter)}`, { signal }),
};

export const alerts = {
  list: (signal?: AbortSignal) => call<AlertList>("GET", "/alerts", { signal }),
  firing: async (signal?: AbortSignal) =>
    (await call<AlertList>("GET", "/alerts?only=firing", { signal })).items,
  rules: async (signal?: AbortSignal) =>
    (await call<Items<RuleStatus>>("GET", "/alerts/rules", { signal })).items,
  acknowledge: (id: string) => call<Alert>("POST", `/alerts/${at(id)}/acknowledge`, { body: {} }),
  withdraw: (id: string) => call<Alert>("DELETE", `/alerts/${at(id)}/acknowledge`),
  silence: (id: string, for_s: number) =>
    call<unknown>("POST", `/alerts/${at(id)}/silence`, { body: { for_s } }),
};
