/** What a chart draws. Times are seconds since the epoch; null is a gap: no data is not zero. */

export interface Line {
  label: string;
  values: readonly (number | null)[];
  /** 1 to 5: which of the series' colours. */
  colour: 1 | 2 | 3 | 4 | 5;
  kind?: "line" | "bars";
  dash?: boolean;
  /** Where it differs from the chart's. */
  format?: (value: number) => string;
}

/** A level that the lines are read against. */
export interface Limit {
  label: string;
  value: number;
  tone: "quiet" | "warn" | "bad";
}

/** Something that happened at one moment. */
export interface Mark {
  at: number;
  tone: "quiet" | "warn" | "bad";
}

export interface ChartProps {
  /** What it shows, for those who cannot see it. */
  label: string;
  at: readonly number[];
  lines: readonly Line[];
  limits?: readonly Limit[];
  marks?: readonly Mark[];
  format: (value: number) => string;
  height?: number;
  /** Width of the value axis, pixels, where charts below each other must line up. */
  axisWidth?: number;
  /** Charts with one name share their cursor. */
  sync?: string;
  /** Both ends of the time axis, where they are not the data's. */
  span?: { from: number; to: number } | undefined;
  /** Called with both ends of what was drawn over with the pointer. */
  onZoom?: ((from: number, to: number) => void) | undefined;
}
