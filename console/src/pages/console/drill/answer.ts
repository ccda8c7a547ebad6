/** Reading an indicator query's answer: numbers, series and splits out of rows and columns. Pure. "No data" is null, never 0. */

import type { IndicatorAnswer } from "../../../api/telemetry-types";

const AT = "at";

function column(answer: IndicatorAnswer, name: string): number {
  return answer.columns.findIndex((each) => each.name === name);
}

function numberOf(cell: string | number | null | undefined): number | null {
  return typeof cell === "number" && Number.isFinite(cell) ? cell : null;
}

/** One indicator's number over the whole range. */
export function oneNumber(answer: IndicatorAnswer | undefined, indicator: string): number | null {
  if (!answer) return null;
  return numberOf(answer.rows[0]?.[column(answer, indicator)]);
}

/** Times and values of one indicator, with null at each step that has no data. */
export interface Series {
  at: number[];
  values: (number | null)[];
}

export const NO_SERIES: Series = { at: [], values: [] };

/** Every step from `from` to `to` has a point, whether the answer has a row for it or not. */
export function series(answer: IndicatorAnswer | undefined, indicator: string): Series {
  if (!answer || answer.step_s <= 0) return NO_SERIES;
  const [time, value] = [column(answer, AT), column(answer, indicator)];
  if (time < 0 || value < 0) return NO_SERIES;
  const known = new Map(answer.rows.map((row) => [Number(row[time]), numberOf(row[value])]));
  const at: number[] = [];
  for (let step = answer.from; step < answer.to; step += answer.step_s) at.push(step);
  return { at, values: at.map((step) => known.get(step) ?? null) };
}

/** One value of a dimension with all its numbers, by indicator. */
export interface Part {
  value: string;
  numbers: Record<string, number | null>;
}

/** Rows of a query split by `dimension`; what has no name is left out. */
export function parts(answer: IndicatorAnswer | undefined, dimension: string): Part[] {
  if (!answer) return [];
  const name = column(answer, dimension);
  if (name < 0) return [];
  return answer.rows
    .filter((row) => row[name] !== null && row[name] !== "")
    .map((row) => ({
      value: String(row[name]),
      numbers: Object.fromEntries(
        answer.columns.flatMap((each, index) =>
          index === name || each.name === AT ? [] : [[each.name, numberOf(row[index])]],
        ),
      ),
    }));
}

/** Parts with some of their numbers taken from another split of the same, such as those of now. */
export function withNumbers(
  list: readonly Part[],
  others: readonly Part[],
  names: ReadonlySet<string>,
): Part[] {
  const found = new Map(others.map((part) => [part.value, part.numbers]));
  return list.map(({ value, numbers }) => ({
    value,
    numbers: Object.fromEntries(
      Object.entries(numbers).map(([name, number]) => [
        name,
        names.has(name) ? (found.get(value)?.[name] ?? null) : number,
      ]),
    ),
  }));
}

/** How a number has moved against the one before; null where either is unknown, or there is nothing to compare with. */
export function change(now: number | null, before: number | null): number | null {
  if (now === null || before === null || before === 0) return null;
  return (now - before) / Math.abs(before);
}

export type Verdict = "better" | "worse" | "same";

/** Below this share a difference says nothing. */
const SAME = 0.02;

export function verdict(moved: number | null, direction: "up" | "down" | "none"): Verdict {
  if (moved === null || direction === "none" || Math.abs(moved) < SAME) return "same";
  return moved > 0 === (direction === "up") ? "better" : "worse";
}
