/** Numbers side by side, each with its course and its change; each opens what is behind it. */

import type { Indicator, IndicatorAnswer } from "../../../api/telemetry-types";
import { Skeleton } from "../../../ui/kit";
import { MOMENTARY } from "../overview/boards";
import { change, oneNumber, series, verdict } from "./answer";
import { useConsole, useShowing } from "./console-context";
import { Moved } from "./moved";
import { NoNumbers } from "./no-numbers";
import { available, useNumbers } from "./numbers";
import { quantity, shortTitle } from "./quantity";
import { isFixed } from "./range";
import { Spark } from "./spark";

interface TilesProps {
  indicators: readonly string[];
  /** The first on the page: what is wrong is told in full here. */
  first?: boolean;
}

export function Tiles({ indicators: wanted, first = false }: TilesProps) {
  const { view, indicators, problem } = useConsole();
  const now = useNumbers({ indicators: wanted });
  const moment = useNumbers({ indicators: wanted.filter((name) => MOMENTARY.has(name)), now: true });
  const past = useNumbers({ indicators: wanted, before: true });
  const course = useNumbers({ indicators: wanted, series: true });
  const isMoment = (name: string) => MOMENTARY.has(name) && !isFixed(view.range);
  if (!indicators)
    return problem ? <NoNumbers problem={problem} aloud={first} /> : <TileShapes count={wanted.length} />;
  const names = available(wanted, indicators);
  if (names.length === 0) return <p class="muted">This platform has no such indicators.</p>;
  if (!now.data && now.problem) return <NoNumbers problem={now.problem} aloud={first} />;
  return (
    <>
      {now.problem && <NoNumbers problem={now.problem} aloud={first} />}
      <ul class="tiles" style={columnsOf(names.length)} data-old={now.problem !== undefined || undefined}>
        {names.map((name) => (
          <Tile
            key={name}
            indicator={indicators.get(name) as Indicator}
            now={isMoment(name) ? moment.data : now.data}
            moment={isMoment(name)}
            past={past.data}
            course={course.data}
          />
        ))}
      </ul>
    </>
  );
}

/** Rows as full as can be: five in a row where that leaves no gap. */
function columnsOf(count: number): { "--columns": string } {
  return { "--columns": String(count % 5 === 0 ? 5 : 4) };
}

function TileShapes({ count }: { count: number }) {
  return (
    <ul class="tiles" style={columnsOf(count)} aria-busy="true">
      {Array.from({ length: count }, (_, place) => (
        <li key={place}>
          <Skeleton height="7rem" />
        </li>
      ))}
    </ul>
  );
}

interface TileProps {
  indicator: Indicator;
  now: IndicatorAnswer | undefined;
  /** Of the last moments, not of the whole range. */
  moment: boolean;
  past: IndicatorAnswer | undefined;
  course: IndicatorAnswer | undefined;
}

function Tile({ indicator, now, moment, past, course }: TileProps) {
  const showing = useShowing();
  const { name, title, unit, direction } = indicator;
  const value = oneNumber(now, name);
  const moved = change(value, oneNumber(past, name));
  return (
    <li>
      <a class="tile" href={showing(name)} title={indicator.sentence} data-indicator={name}>
        <span class="tile-name">{shortTitle(title)}</span>
        <span class="tile-value">
          <strong class="figure" data-empty={value === null || undefined}>
            {now ? quantity(value, unit) : <Skeleton width="4.5rem" />}
          </strong>
          {moment ? (
            <span class="moved">now</span>
          ) : (
            <Moved moved={moved} verdict={verdict(moved, direction)} />
          )}
        </span>
        <Spark series={series(course, name)} />
      </a>
    </li>
  );
}
