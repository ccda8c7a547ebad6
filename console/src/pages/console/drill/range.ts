/** Time ranges: the last so many seconds, or from then to then; and how finely, and how often, to ask for one. Pure. */

export interface LastRange {
  lastS: number;
}

export interface FixedRange {
  /** Seconds since the epoch. */
  from: number;
  to: number;
}

export type Range = LastRange | FixedRange;

export const PRESETS: readonly { lastS: number; label: string }[] = [
  { lastS: 300, label: "5 min" },
  { lastS: 900, label: "15 min" },
  { lastS: 3600, label: "1 h" },
  { lastS: 21_600, label: "6 h" },
  { lastS: 86_400, label: "24 h" },
  { lastS: 604_800, label: "7 d" },
];

export const DEFAULT_RANGE: LastRange = { lastS: 900 };
const SHORTEST_S = 10;
const LONGEST_S = 400 * 86_400;

/** Widths of a chart's steps, seconds; a chart has at most `MOST_POINTS`. */
const STEPS = [1, 5, 10, 30, 60, 300, 900, 3600, 7200, 21_600, 86_400, 604_800];
const MOST_POINTS = 100;

/** A viewer's trouble has to show within 3 s of the player's word: half of that is this. */
const LIVE_MS = 1_500;

export function isFixed(range: Range): range is FixedRange {
  return "from" in range;
}

export function parseRange(params: URLSearchParams): Range {
  const [from, to] = [Number(params.get("from")), Number(params.get("to"))];
  if (from > 0 && to - from >= SHORTEST_S && to - from <= LONGEST_S) return { from, to };
  const lastS = Number(params.get("last"));
  return lastS >= SHORTEST_S && lastS <= LONGEST_S ? { lastS } : DEFAULT_RANGE;
}

export function rangeParams(range: Range): [string, string][] {
  if (isFixed(range)) {
    return [
      ["from", String(Math.round(range.from))],
      ["to", String(Math.round(range.to))],
    ];
  }
  return range.lastS === DEFAULT_RANGE.lastS ? [] : [["last", String(range.lastS)]];
}

/** Both ends, seconds since the epoch. */
export function ends(range: Range, now: number): FixedRange {
  return isFixed(range) ? range : { from: now - range.lastS, to: now };
}

export function span(range: Range): number {
  return isFixed(range) ? range.to - range.from : range.lastS;
}

/** The range of the same length just before. */
export function before(range: Range, now: number): FixedRange {
  const { from, to } = ends(range, now);
  return { from: from - (to - from), to: from };
}

export function stepFor(range: Range): number {
  const length = span(range);
  return STEPS.find((step) => length / step <= MOST_POINTS) ?? Math.ceil(length / MOST_POINTS);
}

/** For a chart: ends at whole steps, and only steps that are over, so that its last point is not a part of one. */
export function wholeSteps(range: Range, now: number, step: number): FixedRange {
  const { from, to } = ends(range, now);
  return { from: Math.floor(from / step) * step, to: Math.floor(to / step) * step };
}

/** What counts as now: players report every few seconds, so the newest of them are not complete yet. */
const NOW_S = { from: 25, to: 5 };

/** The last moments of a range that moves; undefined of one that is over. */
export function nowOf(range: Range, now: number): FixedRange | undefined {
  return isFixed(range) ? undefined : { from: now - NOW_S.from, to: now - NOW_S.to };
}

/** How often to ask: a number on screen moves with what it measures. A range that is over is asked once in a while only. */
export function everyMs(range: Range): number {
  if (isFixed(range)) return 300_000;
  if (range.lastS <= 900) return LIVE_MS;
  if (range.lastS <= 3600) return 5_000;
  return range.lastS <= 86_400 ? 15_000 : 60_000;
}

export function rangeText(range: Range): string {
  if (!isFixed(range)) {
    const known = PRESETS.find(({ lastS }) => lastS === range.lastS);
    return `last ${known?.label ?? `${Math.round(range.lastS)} s`}`;
  }
  const say = (at: number) =>
    new Date(at * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  return `${say(range.from)} to ${say(range.to)}`;
}
