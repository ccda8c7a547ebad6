/** A chart as uPlot wants it: scales, axes, lines, and levels and marks drawn over them. */

import uPlot from "uplot";
import type { ChartProps, Limit, Line, Mark } from "./chart-types";

const FONT = "12px ui-sans-serif, system-ui, sans-serif";
const LETTER_PX = 6.6;
/** Between the plot and the figure's right edge. */
const RIGHT_PX = 8;
/** From one time to the next on the axis: what it takes with seconds, and without. */
const TIME_PX = { fine: 64, coarse: 48 };
/** The longest step below a minute: times are told with seconds. */
const FINE_STEP_S = 30;
/** A drag shorter than this is a click. */
const DRAG_PX = 8;

export function colour(role: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(role).trim();
}

const TONE = { quiet: "--muted", warn: "--warn", bad: "--bad" } as const;

/** Clock times as fine as the axis needs them. */
export function axisTime(at: number, stepS: number): string {
  const date = new Date(at * 1000);
  if (stepS >= 86_400) return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  const fine = stepS < 60 ? ({ second: "2-digit" } as const) : {};
  return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...fine });
}

/** Times along the axis; one that would be cut off by the right edge is left out. */
export function axisTimes(splits: readonly number[], stepS: number, end: number, pxPerS: number): string[] {
  return splits.map((at) => {
    const text = axisTime(at, stepS);
    return (end - at) * pxPerS + RIGHT_PX < (text.length * LETTER_PX) / 2 ? "" : text;
  });
}

/** Room for the largest value and every level, from 0 or from below where there is anything below. */
export function rangeOf(min: number | null, max: number | null, limits: readonly Limit[]): [number, number] {
  const levels = limits.map(({ value }) => value);
  const top = Math.max(max ?? 0, ...levels, 0);
  const bottom = Math.min(min ?? 0, ...levels, 0);
  if (top === bottom) return [0, 1];
  return [bottom < 0 ? bottom * 1.1 : 0, top * 1.12];
}

function seriesOf({ label, colour: place, kind, dash }: Line): uPlot.Series {
  const paint = () => colour(`--series-${place}`);
  const bars = kind === "bars";
  return {
    label,
    stroke: paint,
    width: bars ? 0 : 1.75,
    spanGaps: false,
    ...(dash ? { dash: [5, 4] } : {}),
    ...(bars ? { fill: paint } : {}),
    ...(bars && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 24], align: 1 }) } : {}),
    // one point between two gaps would be no line at all
    points: {
      show: (plot, index) => !bars && lonely(plot.data[index] as (number | null)[]),
      size: 4,
      fill: paint,
    },
  };
}

function lonely(values: readonly (number | null)[]): boolean {
  return values.filter((value) => value != null).length === 1;
}

function drawLimits(plot: uPlot, limits: readonly Limit[]): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "right";
  let taken = Number.POSITIVE_INFINITY;
  for (const { label, value, tone } of [...limits].sort((a, b) => a.value - b.value)) {
    const y = Math.round(plot.valToPos(value, "y", true));
    ctx.strokeStyle = colour(TONE[tone]);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    if (taken - y < 13 * ratio && taken !== Number.POSITIVE_INFINITY) continue; // two names would lie on each other
    writeOver(ctx, label, bbox.left + bbox.width - 4 * ratio, y - 2 * ratio);
    taken = y;
  }
  ctx.restore();
}

/** Words that stay readable where lines cross them. */
function writeOver(ctx: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.strokeStyle = colour("--surface");
  ctx.strokeText(text, x, y);
  ctx.restore();
  ctx.fillText(text, x, y);
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([]); // a dashed line that was drawn before leaves its own
  for (const { at, tone } of marks) {
    const x = Math.round(plot.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour(TONE[tone]);
    ctx.globalAlpha = 0.65;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function zoomed(plot: uPlot, onZoom: ((from: number, to: number) => void) | undefined): void {
  const { left, width } = plot.select;
  if (width >= DRAG_PX) onZoom?.(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

/** `now()` gives the properties as they are at the moment of drawing, so that new data need no new plot. */
export function plotOptions(
  width: number,
  height: number,
  now: () => ChartProps,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const { sync, onZoom, lines } = now();
  const axis: uPlot.Axis = {
    stroke: () => colour("--muted"),
    font: FONT,
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    padding: [8, RIGHT_PX, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: onZoom !== undefined, y: false, setScale: false },
      ...(sync ? { sync: { key: sync } } : {}),
    },
    scales: {
      x: {
        range: (_plot, min, max) => {
          const { span } = now();
          return span ? [span.from, span.to] : min === max ? [min - 30, max + 30] : [min, max];
        },
      },
      y: { range: (_plot, min, max) => rangeOf(min, max, now().limits ?? []) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        space: (_plot, _axis, min, max, px) =>
          ((max - min) * TIME_PX.coarse) / px <= FINE_STEP_S ? TIME_PX.fine : TIME_PX.coarse,
        values: (plot, splits, _axis, _space, step) => {
          const { min = 0, max = 0 } = plot.scales.x ?? {};
          const end = max ?? 0;
          return axisTimes(splits, step, end, plot.width / Math.max(1, end - (min ?? 0)));
        },
      },
      {
        ...axis,
        space: 34,
        size: (_plot, values) =>
          now().axisWidth ?? 14 + LETTER_PX * Math.max(4, ...(values ?? []).map((text) => text.length)),
        values: (_plot, splits) => splits.map((value) => now().format(value)),
      },
    ],
    series: [{}, ...lines.map(seriesOf)],
    hooks: {
      draw: [
        (plot) => {
          drawMarks(plot, now().marks ?? []);
          drawLimits(plot, now().limits ?? []);
        },
      ],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      setSelect: [(plot) => zoomed(plot, now().onZoom)],
    },
  };
}
