/** Calls for facts and what is made of them: indicators, playback sessions, logs, alerts, advice. All throw `Problem`. */

import { call } from "./client";
import type { Indicator, IndicatorAnswer, IndicatorQuery } from "./telemetry-types";

interface Items<T> {
  items: T[];
}

export const indicators = {
  list: async (signal?: AbortSignal) =>
    (await call<Items<Indicator>>("GET", "/indicators", { signal })).items,
  query: (query: IndicatorQuery, signal?: AbortSignal) =>
    call<IndicatorAnswer>("POST", "/indicators/query", { body: query, signal }),
};
