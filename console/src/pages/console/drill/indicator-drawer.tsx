/** Behind every number: what it means, which slice it is of, how it went, what it is made of, and the query that made it. */

import { useMemo, useState } from "preact/hooks";
import type { Indicator, IndicatorAnswer } from "../../../api/telemetry-types";
import { Drawer } from "../../../ui/drawer";
import { Copyable, Notice, Pill, ProblemNotice, Skeleton } from "../../../ui/kit";
import { LazyChart } from "../../../ui/lazy-chart";
import { MOMENTARY } from "../overview/boards";
import { change, oneNumber, series, verdict } from "./answer";
import { useConsole } from "./console-context";
import { Moved } from "./moved";
import { useNumbers } from "./numbers";
import { quantity, unitWords } from "./quantity";
import { apiCall, commandLine, queryText } from "./query-text";
import { isFixed, rangeText } from "./range";
import { SplitList } from "./split-list";
import { DIMENSIONS, type Shown, type Step, where } from "./view";

const BETTER: Record<Indicator["direction"], string> = {
  up: "higher is better",
  down: "lower is better",
  none: "neither way is better",
};

export function IndicatorDrawer({ shown }: { shown: Shown }) {
  const { view, indicators, problem, go } = useConsole();
  const close = () => go({ ...view, shown: undefined });
  const indicator = indicators?.get(shown.indicator);
  return (
    <Drawer
      label={indicator?.title ?? shown.indicator}
      heading={
        <>
          <h2>{indicator?.title ?? shown.indicator}</h2>
          <code class="muted small">{shown.indicator}</code>
        </>
      }
      onClose={close}
    >
      {indicator ? (
        <Opened indicator={indicator} narrower={shown.where} />
      ) : problem ? (
        <ProblemNotice problem={problem} />
      ) : indicators ? (
        <Notice
          tone="warn"
          title={`There is no indicator named '${shown.indicator}'.`}
          hint="It may belong to another release. `tidegate indicator list` says which there are."
        />
      ) : (
        <Skeleton height="20rem" />
      )}
    </Drawer>
  );
}

function Opened({ indicator, narrower }: { indicator: Indicator; narrower: readonly Step[] }) {
  const { view, go } = useConsole();
  const ask = { indicators: [indicator.name], narrower };
  const now = useNumbers(ask);
  const past = useNumbers({ ...ask, before: true });
  const momentary = MOMENTARY.has(indicator.name) && !isFixed(view.range);
  const moment = useNumbers({ ...ask, indicators: momentary ? ask.indicators : [], now: true });
  const course = useNumbers({ ...ask, series: true });
  const line = useMemo(() => series(course.data, indicator.name), [course.data, indicator.name]);
  const lines = useMemo(
    () => [{ label: indicator.title, values: line.values, colour: 1 as const }],
    [line, indicator.title],
  );
  const value = oneNumber(now.data, indicator.name);
  const moved = change(value, oneNumber(past.data, indicator.name));
  const format = (each: number) => quantity(each, indicator.unit);
  return (
    <>
      <p class="drawer-value">
        {momentary && (
          <>
            <strong class="figure">{quantity(oneNumber(moment.data, indicator.name), indicator.unit)}</strong>
            <span class="muted">now</span>
          </>
        )}
        <strong class="figure" data-second={momentary || undefined}>
          {now.data ? quantity(value, indicator.unit) : <Skeleton width="6rem" />}
        </strong>
        {momentary && <span class="muted">on average</span>}
        <Moved moved={moved} verdict={verdict(moved, indicator.direction)} />
      </p>
      {now.problem && <ProblemNotice problem={now.problem} />}
      <div class="stack drawer-words">
        <p>{indicator.sentence}</p>
        {indicator.worry && (
          <p>
            <strong>When to worry:</strong> {indicator.worry}
          </p>
        )}
      </div>
      <Slice indicator={indicator} narrower={narrower} />
      {course.data ? (
        <LazyChart
          label={`${indicator.title}, ${rangeText(view.range)}`}
          at={line.at}
          lines={lines}
          format={format}
          height={150}
          onZoom={(from, to) => go({ ...view, range: { from, to } })}
        />
      ) : (
        <Skeleton height="12rem" />
      )}
      <Split indicator={indicator} narrower={narrower} />
      <dl class="drawer-facts">
        <div>
          <dt>Unit</dt>
          <dd>{unitWords(indicator.unit)}</dd>
        </div>
        <div>
          <dt>Direction</dt>
          <dd>{BETTER[indicator.direction]}</dd>
        </div>
        <div>
          <dt>Owner</dt>
          <dd>{indicator.owner}</dd>
        </div>
        <div>
          <dt>Formula</dt>
          <dd>
            <code>{indicator.formula}</code>
          </dd>
        </div>
      </dl>
      <Query answer={now.data} indicator={indicator} narrower={narrower} />
    </>
  );
}

/** Which part of the world the number is about, and where it could not be narrowed as asked. */
function Slice({ indicator, narrower }: { indicator: Indicator; narrower: readonly Step[] }) {
  const { view } = useConsole();
  const steps = new Map([...view.trail, ...narrower].map(({ dimension, value }) => [dimension, value]));
  const names = [...steps];
  const ignored = names.filter(([dimension]) => !indicator.dimensions.includes(dimension));
  return (
    <div class="slice">
      <Pill tone="quiet">{rangeText(view.range)}</Pill>
      {names
        .filter(([dimension]) => indicator.dimensions.includes(dimension))
        .map(([dimension, value]) => (
          <Pill key={dimension} tone="quiet">
            {dimension} {value}
          </Pill>
        ))}
      {ignored.length > 0 && (
        <p class="muted small">
          Not narrowed to {ignored.map(([dimension]) => dimension).join(", ")}: what this counts has none.
        </p>
      )}
    </div>
  );
}

function Split({ indicator, narrower }: { indicator: Indicator; narrower: readonly Step[] }) {
  const { view } = useConsole();
  const taken = new Set([...view.trail, ...narrower].map(({ dimension }) => dimension));
  const open = DIMENSIONS.filter((each) => indicator.dimensions.includes(each) && !taken.has(each));
  const [by, setBy] = useState(open[0]);
  if (!by) return null;
  return (
    <section class="stack split" aria-labelledby="split-title">
      <div class="card-head">
        <h3 id="split-title">Where it comes from</h3>
        <label class="range-select">
          <span class="visually-hidden">Split by</span>
          <select
            value={by}
            onChange={(event) => setBy(open.find((each) => each === event.currentTarget.value))}
          >
            {open.map((each) => (
              <option key={each} value={each}>
                by {each}
              </option>
            ))}
          </select>
        </label>
      </div>
      <SplitList key={by} indicator={indicator} by={by} narrower={narrower} />
    </section>
  );
}

interface QueryProps {
  answer: IndicatorAnswer | undefined;
  indicator: Indicator;
  narrower: readonly Step[];
}

function Query({ answer, indicator, narrower }: QueryProps) {
  const { view } = useConsole();
  const query = answer?.queries.find(({ indicators }) => indicators.includes(indicator.name));
  if (!answer || !query) return null;
  const slice = where([...view.trail, ...narrower], indicator.dimensions);
  return (
    <section class="stack" aria-labelledby="query-title">
      <h3 id="query-title">The query behind it</h3>
      <Copyable what="SQL" block value={queryText(query)} />
      <p class="muted small">
        Over the table <code>{query.table}</code>; parameters are bound, never pasted into the text.
      </p>
      <Copyable what="command" block value={commandLine(indicator.name, answer, slice)} />
      <Copyable what="API call" block value={apiCall(location.origin, indicator.name, answer, slice)} />
    </section>
  );
}
