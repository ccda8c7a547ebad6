/** A line as small as a word: the shape of a number's course. Decorative; the numbers are beside it. */

import type { Series } from "./answer";

const WIDTH = 100;
const HEIGHT = 28;

/** Path data in a box of `WIDTH` by `HEIGHT`; a gap where there is no data. */
export function sparkPath(values: readonly (number | null)[]): string {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return "";
  const top = Math.max(...known, 0) || 1;
  const bottom = Math.min(...known, 0);
  const x = (index: number) => (values.length > 1 ? (index / (values.length - 1)) * WIDTH : WIDTH / 2);
  const y = (value: number) => HEIGHT - 2 - ((value - bottom) / (top - bottom)) * (HEIGHT - 4);
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false;
      return;
    }
    path += `${drawing ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    if (!drawing && values[index + 1] == null) path += "h0.01"; // a lonely point, drawn by its round cap
    drawing = true;
  });
  return path;
}

export function Spark({ series }: { series: Series }) {
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={sparkPath(series.values)} />
    </svg>
  );
}
