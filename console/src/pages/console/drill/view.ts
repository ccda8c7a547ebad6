/** What the console shows, as its address says it: the way down to a slice, the time range, the number that is open. Pure.
 *
 * `?region=eu-west&channel=demo&last=900&show=rebuffer_ratio`: dimensions stand in the order in which they were chosen, so
 * that the way back is the way that was taken. What is not the drill's own (`q` of the log search) is kept as it is.
 */

import { DEFAULT_RANGE, parseRange, type Range, rangeParams } from "./range";

/** Dimensions an address may name, as facts name them. */
export const DIMENSIONS = [
  "region",
  "channel",
  "stream",
  "node",
  "device",
  "player",
  "network",
  "rendition",
  "arm",
] as const;

export type Dimension = (typeof DIMENSIONS)[number];

export interface Step {
  dimension: Dimension;
  value: string;
}

/** A number that is open in the drawer; `where` narrows further than the way down does. */
export interface Shown {
  indicator: string;
  where: readonly Step[];
}

export interface View {
  trail: readonly Step[];
  range: Range;
  shown: Shown | undefined;
  /** Parameters of the page itself, such as a search. */
  rest: Readonly<Record<string, string>>;
}

export const START: View = { trail: [], range: DEFAULT_RANGE, shown: undefined, rest: {} };

const SHOW = "show";
const RANGE_KEYS = new Set(["last", "from", "to"]);
/** Between a shown indicator and what narrows it. */
const AND = "~";

export function isDimension(name: string): name is Dimension {
  return (DIMENSIONS as readonly string[]).includes(name);
}

export function parseView(search: string): View {
  const params = new URLSearchParams(search);
  const trail: Step[] = [];
  const rest: Record<string, string> = {};
  for (const [name, value] of params) {
    if (isDimension(name)) {
      if (!trail.some(({ dimension }) => dimension === name)) trail.push({ dimension: name, value });
    } else if (name !== SHOW && !RANGE_KEYS.has(name)) rest[name] = value;
  }
  return { trail, range: parseRange(params), shown: parseShown(params.get(SHOW) ?? ""), rest };
}

function parseShown(text: string): Shown | undefined {
  const [indicator, ...steps] = text.split(AND);
  if (!indicator) return undefined;
  const where = steps.flatMap((step) => {
    const [dimension = "", ...value] = step.split(":");
    const read = unescaped(value.join(":"));
    return isDimension(dimension) && read !== undefined ? [{ dimension, value: read }] : [];
  });
  return { indicator, where };
}

const escaped = (value: string) => encodeURIComponent(value).replaceAll(AND, "%7E");

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // an address that was cut
  }
}

/** An address of this view; what is as it is by default is left out. */
export function href(path: string, { trail, range, shown, rest }: View): string {
  const params = new URLSearchParams();
  for (const { dimension, value } of trail) params.append(dimension, value);
  for (const [name, value] of rangeParams(range)) params.append(name, value);
  for (const [name, value] of Object.entries(rest)) if (value) params.append(name, value);
  if (shown) params.append(SHOW, showText(shown));
  const query = params.toString();
  return query ? `${path}?${query}` : path;
}

function showText({ indicator, where }: Shown): string {
  return [indicator, ...where.map(({ dimension, value }) => `${dimension}:${escaped(value)}`)].join(AND);
}

/** One step further down; a dimension that was already chosen gets the new value where it stood. */
export function narrow(view: View, dimension: Dimension, value: string): View {
  const step = { dimension, value };
  const known = view.trail.findIndex((each) => each.dimension === dimension);
  const trail = known < 0 ? [...view.trail, step] : view.trail.with(known, step);
  return { ...view, trail, shown: undefined };
}

/** Back up: only the first `kept` steps stay. */
export function widen(view: View, kept: number): View {
  return { ...view, trail: view.trail.slice(0, kept), shown: undefined };
}

export function chosen(view: View, dimension: Dimension): string | undefined {
  return view.trail.find((step) => step.dimension === dimension)?.value;
}

/** Every chosen value by its dimension; empty where none was chosen. */
export function chosenOf(view: View): Record<Dimension, string> {
  const values = DIMENSIONS.map((each) => [each, chosen(view, each) ?? ""]);
  return Object.fromEntries(values) as Record<Dimension, string>;
}

/** The slice as the query API wants it, of the dimensions that `allowed` names; what narrows twice has the later value. */
export function where(
  steps: readonly Step[],
  allowed: readonly string[] = DIMENSIONS,
): Record<string, string[]> {
  return Object.fromEntries(
    steps
      .filter(({ dimension }) => allowed.includes(dimension))
      .map(({ dimension, value }) => [dimension, [value]]),
  );
}
