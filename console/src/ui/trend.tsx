/** A small live chart (uPlot): one figure over the last minutes, its newest value in words beside it. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { timeOfDay } from "./format";
import type { History } from "./history";
import "./trend.css";

const HEIGHT = 64;
const SHORTEST_S = 60;

interface TrendProps {
  name: string;
  /** Column of `history` to draw, from 1. */
  column: number;
  history: History;
  format: (value: number) => string;
  /** What the figure should stay under; drawn into the scale. */
  ceiling?: number;
}

function colour(role: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(role).trim();
}

function options(width: number, format: (value: number) => string, ceiling: number): uPlot.Options {
  return {
    width,
    height: HEIGHT,
    padding: [4, 2, 2, 2],
    cursor: { y: false, points: { size: 7 } },
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: {
      // a chart that has just begun grows in from the right instead of stretching
      x: { range: (_plot, min, max) => [Math.min(min, max - SHORTEST_S), max] },
      y: { range: (_plot, _min, max) => [0, Math.max(ceiling, (max || 1) * 1.15)] },
    },
    series: [
      {},
      {
        stroke: () => colour("--accent"),
        fill: () => colour("--accent-soft"),
        width: 1.75,
        points: { show: false },
        value: (_plot, value) => format(value ?? Number.NaN),
      },
    ],
  };
}

export function Trend({ name, column, history, format, ceiling = 0 }: TrendProps) {
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const tip = useRef<HTMLOutputElement>(null);
  const values = history[column] ?? [];

  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const made = new uPlot(
      {
        ...options(Math.max(40, element.clientWidth), format, ceiling),
        hooks: {
          setCursor: [
            ({ cursor: { idx }, data }) => {
              if (!tip.current) return;
              const at = idx == null ? undefined : data[0][idx];
              const value = idx == null ? undefined : data[1]?.[idx];
              tip.current.value = at && value != null ? `${timeOfDay(at)}  ${format(value)}` : "";
            },
          ],
        },
      },
      [[], []],
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: Math.max(40, element.clientWidth), height: HEIGHT });
    });
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => made.redraw();
    scheme.addEventListener("change", repaint);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", repaint);
      made.destroy();
    };
  }, [format, ceiling]);

  useEffect(() => {
    plot.current?.setData([history[0], values]);
  }, [history, values]);

  const newest = values.at(-1) ?? Number.NaN;
  return (
    <figure class="trend">
      <figcaption>
        <span class="trend-name">{name}</span>
        <strong class="figure">{format(newest)}</strong>
      </figcaption>
      <div
        ref={root}
        class="trend-plot"
        role="img"
        aria-label={`${name}, last minutes; now ${format(newest)}`}
      />
      <output ref={tip} class="trend-tip figure" aria-hidden="true" />
    </figure>
  );
}
