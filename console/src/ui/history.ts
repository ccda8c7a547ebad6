/** The last few minutes of some figures, gathered poll by poll, for small charts. The oldest point gives way. */

import { useRef } from "preact/hooks";

const KEPT_POINTS = 150;

/** Column-wise, as uPlot wants it: times (epoch seconds), then one column per figure. */
export type History = [number[], ...number[][]];

export function appendPoint(history: History, at: number, values: readonly number[]): History {
  const [times] = history;
  if (times.length > 0 && at <= (times.at(-1) as number)) return history;
  const next = [at, ...values].map((value, column) =>
    [...(history[column] ?? []), value].slice(-KEPT_POINTS),
  );
  return next as History;
}

/** Gather `values` whenever `at` (epoch milliseconds of the poll) has moved on. */
export function useHistory(at: number | undefined, values: readonly number[]): History {
  const history = useRef<History>([[], ...values.map(() => [])]);
  if (at !== undefined) history.current = appendPoint(history.current, at / 1000, values);
  return history.current;
}
