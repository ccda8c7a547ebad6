/** One indicator split by a dimension: the largest first, each a step further down. */

import type { Indicator } from "../../../api/telemetry-types";
import { ProblemNotice, Skeleton } from "../../../ui/kit";
import { type Part, parts } from "./answer";
import { useConsole } from "./console-context";
import { useNumbers } from "./numbers";
import { quantity } from "./quantity";
import { type Dimension, href, narrow, type Step } from "./view";

const SHOWN = 10;

interface SplitProps {
  indicator: Indicator;
  by: Dimension;
  narrower: readonly Step[];
}

/** The worst first: the lowest share of what should be high, else the largest number. */
export function ranked(list: readonly Part[], { name, direction, unit }: Indicator): Part[] {
  const sign = direction === "up" && unit === "ratio" ? 1 : -1;
  return list
    .filter(({ numbers }) => numbers[name] !== null)
    .sort((a, b) => sign * ((a.numbers[name] ?? 0) - (b.numbers[name] ?? 0)));
}

export function SplitList({ indicator, by, narrower }: SplitProps) {
  const { path, view } = useConsole();
  const { data, problem } = useNumbers({ indicators: [indicator.name], by: [by], narrower });
  if (!data) return problem ? <ProblemNotice problem={problem} /> : <Skeleton height="6rem" />;
  const list = ranked(parts(data, by), indicator);
  if (list.length === 0) return <p class="muted">No data in this slice and time.</p>;
  const top = Math.max(...list.map(({ numbers }) => Math.abs(numbers[indicator.name] ?? 0)));
  const further = narrower.reduce((each, step) => narrow(each, step.dimension, step.value), view);
  return (
    <ul class="split-list">
      {list.slice(0, SHOWN).map(({ value, numbers }) => {
        const number = numbers[indicator.name] ?? 0;
        return (
          <li key={value}>
            <a
              href={href(path, {
                ...narrow(further, by, value),
                shown: view.shown && { ...view.shown, where: [] },
              })}
            >
              {value}
            </a>
            <span class="split-bar" aria-hidden="true">
              <span style={{ width: `${top > 0 ? (Math.abs(number) / top) * 100 : 0}%` }} />
            </span>
            <strong class="figure">{quantity(number, indicator.unit)}</strong>
          </li>
        );
      })}
      {list.length > SHOWN && <li class="muted small">and {list.length - SHOWN} more</li>}
    </ul>
  );
}
