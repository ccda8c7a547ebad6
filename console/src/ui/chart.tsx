/** A chart over time: lines with levels to read them against, a legend that follows the pointer, and a table of the same. */

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { ChartProps, Line } from "./chart-types";
import { timeOfDay } from "./format";
import { plotOptions } from "./plot";
import "./chart.css";

const HEIGHT = 200;
const NARROWEST = 80;
const NO_DATA = "--";

function dataOf({ at, lines }: ChartProps): uPlot.AlignedData {
  return [[...at], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
}

export default function Chart(props: ChartProps) {
  const { label, at, lines, limits, marks, height = HEIGHT } = props;
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const current = useRef(props);
  current.current = props;
  const [under, setUnder] = useState<number | null>(null);
  const shape = JSON.stringify(lines.map(({ label, colour, kind, dash }) => [label, colour, kind, dash]));

  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const width = () => Math.max(NARROWEST, element.clientWidth);
    const made = new uPlot(
      plotOptions(width(), height, () => current.current, setUnder),
      dataOf(current.current),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: width(), height }));
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => made.redraw(false, true);
    scheme.addEventListener("change", repaint);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", repaint);
      made.destroy();
    };
  }, [shape, height]);

  useEffect(() => {
    plot.current?.setData(dataOf(current.current));
  }, [at, lines, limits, marks, props.span?.from, props.span?.to]);

  return (
    <figure class="chart">
      <div
        ref={root}
        class="chart-plot"
        style={{ height: `${height}px` }}
        role="img"
        aria-label={spoken(props)}
      />
      <Legend {...props} under={under} />
      <Table {...props} title={label} />
    </figure>
  );
}

function valueText(line: Line, value: number | null | undefined, format: (value: number) => string): string {
  return value == null ? NO_DATA : (line.format ?? format)(value);
}

function newest(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

/** The chart in one sentence. */
export function spoken({ label, lines, limits = [], format }: ChartProps): string {
  const said = lines.map((line) => `${line.label} ${valueText(line, newest(line.values), format)}`);
  const read = limits.map((limit) => `${limit.label} ${format(limit.value)}`);
  return `${label}. Newest: ${[...said, ...read].join(", ")}.`;
}

function Legend({ at, lines, format, under }: ChartProps & { under: number | null }) {
  const time = under === null ? undefined : at[under];
  return (
    <ul class="chart-legend" aria-hidden="true">
      {lines.map((line) => (
        <li key={line.label}>
          <i
            style={{ "--colour": `var(--series-${line.colour})` }}
            data-dash={line.dash}
            data-bars={line.kind === "bars" || undefined}
          />
          <span class="muted">{line.label}</span>
          <strong class="figure">
            {valueText(line, under === null ? newest(line.values) : line.values[under], format)}
          </strong>
        </li>
      ))}
      {time !== undefined && <li class="chart-time figure">{timeOfDay(time)}</li>}
    </ul>
  );
}

function Table({ at, lines, format, title }: ChartProps & { title: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        <div>
          <table>
            <caption class="visually-hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {lines.map((line) => (
                  <th key={line.label} scope="col">
                    {line.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {at.map((time, index) => (
                <tr key={time}>
                  <th scope="row">{timeOfDay(time)}</th>
                  {lines.map((line) => (
                    <td key={line.label}>{valueText(line, line.values[index], format)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
