/** Indicators of the current slice and range, asked again and again while somebody looks. */

import { type Polled, usePoll } from "../../../api/poll";
import { serverNow } from "../../../api/server-clock";
import { indicators as api } from "../../../api/telemetry";
import type { Indicator, IndicatorAnswer, IndicatorQuery } from "../../../api/telemetry-types";
import { type ConsoleState, useConsole } from "./console-context";
import { before, ends, everyMs, type FixedRange, nowOf, stepFor, wholeSteps } from "./range";
import { type Dimension, type Step, type View, where } from "./view";

export interface Ask {
  indicators: readonly string[];
  /** Split by these. */
  by?: readonly Dimension[];
  /** A point per step instead of one number. */
  series?: boolean;
  /** Of the range just before, for comparison. */
  before?: boolean;
  /** Of the last moments, where the range moves. */
  now?: boolean;
  /** Narrower than the way down. */
  narrower?: readonly Step[];
  limit?: number;
}

const NOTHING: IndicatorAnswer = {
  columns: [],
  rows: [],
  queries: [],
  from: 0,
  to: 0,
  step_s: 0,
  more: false,
};
/** Parts of a split: those with the most behind them. */
const MOST_GROUPS = 100;
/** What has been does not move. */
const BEFORE_EVERY_MS = 30_000;
/** A split or a series is heavier than a number, and nobody reads it every second. */
const HEAVY_EVERY_MS = 2_000;

/** Of what is asked, what the platform has and can split so: one that it has not leaves a gap, not an error. */
export function available(
  wanted: readonly string[],
  known: ReadonlyMap<string, Indicator> | undefined,
  by: readonly string[] = [],
): string[] {
  return wanted.filter((name) => {
    const indicator = known?.get(name);
    return indicator !== undefined && by.every((dimension) => indicator.dimensions.includes(dimension));
  });
}

/** The query at one moment. Dimensions that not every indicator has do not narrow it. */
export function queryOf(ask: Ask, { view, indicators }: ConsoleState, now: number): IndicatorQuery {
  const { by = [], narrower = [], limit = MOST_GROUPS } = ask;
  const names = available(ask.indicators, indicators, by);
  const allowed = names
    .map((name) => indicators?.get(name)?.dimensions ?? [])
    .reduce((both, each) => both.filter((dimension) => each.includes(dimension)));
  const step = ask.series ? stepFor(view.range) : 0;
  return {
    indicators: names,
    ...rangeOf(ask, view, now, step),
    step_s: step,
    by: [...by],
    where: where([...view.trail, ...narrower], allowed),
    limit,
  };
}

function rangeOf(ask: Ask, { range }: View, now: number, step: number): FixedRange {
  if (ask.series) return wholeSteps(range, now, step);
  if (ask.before) return before(range, now);
  return (ask.now && nowOf(range, now)) || ends(range, now);
}

export function useNumbers(ask: Ask): Polled<IndicatorAnswer> {
  const state = useConsole();
  const names = available(ask.indicators, state.indicators, ask.by);
  const every = everyMs(state.view.range);
  const key = JSON.stringify([names, { ...ask, indicators: 0 }, state.view.trail, state.view.range]);
  return usePoll(
    key,
    async (signal) => (names.length === 0 ? NOTHING : api.query(queryOf(ask, state, serverNow()), signal)),
    {
      everyMs: Math.max(every, ask.before ? BEFORE_EVERY_MS : ask.series || ask.by ? HEAVY_EVERY_MS : 0),
    },
  ).state.value;
}
