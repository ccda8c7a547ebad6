/** What the stream itself was like meanwhile: whether the viewer's trouble was everybody's. */

import { useMemo } from "preact/hooks";
import type { PlaybackSession } from "../../../api/telemetry-types";
import { ProblemNotice, Skeleton } from "../../../ui/kit";
import { LazyChart } from "../../../ui/lazy-chart";
import { series } from "../drill/answer";
import { ConsoleContext, useConsole } from "../drill/console-context";
import { available, useNumbers } from "../drill/numbers";
import { quantity } from "../drill/quantity";
import type { Range } from "../drill/range";

/** What comes in whole, and what goes wrong: shares of very different size. */
const ROWS = [
  { title: "What the publisher sent", indicators: ["ingest_health"], colour: 4 as const },
  { title: "Everybody on this channel", indicators: ["rebuffer_ratio", "part_lateness"], colour: 2 as const },
];

interface BeneathProps {
  session: PlaybackSession;
  span: { from: number; to: number };
  running: boolean;
  /** Width of the value axis of the charts above. */
  axisPx: number;
}

/** Asked in whole minutes while it runs, so that the question stays the same from one beat to the next. */
export function rangeBeneath(span: { from: number; to: number }, running: boolean): Range {
  if (running) return { lastS: Math.max(60, Math.ceil((span.to - span.from) / 60) * 60) };
  return { from: Math.floor(span.from), to: Math.max(Math.ceil(span.to), Math.floor(span.from) + 10) };
}

export function StreamBeneath({ session, span, running, axisPx }: BeneathProps) {
  const state = useConsole();
  const below = {
    ...state,
    view: {
      ...state.view,
      trail: [{ dimension: "channel" as const, value: session.channel }],
      range: rangeBeneath(span, running),
    },
  };
  return (
    <ConsoleContext.Provider value={below}>
      {ROWS.map((row) => (
        <Beneath key={row.title} row={row} span={span} axisPx={axisPx} />
      ))}
    </ConsoleContext.Provider>
  );
}

function Beneath({
  row,
  span,
  axisPx,
}: Pick<BeneathProps, "span" | "axisPx"> & { row: (typeof ROWS)[number] }) {
  const { indicators } = useConsole();
  const { data, problem } = useNumbers({ indicators: row.indicators, series: true });
  const known = available(row.indicators, indicators).flatMap((name) => indicators?.get(name) ?? []);
  const { at, lines } = useMemo(() => {
    const found = known.map(({ name }) => series(data, name));
    return {
      at: found[0]?.at ?? [],
      lines: known.map(({ title }, place) => ({
        label: title,
        values: found[place]?.values ?? [],
        colour: place === 0 ? row.colour : (5 as const),
      })),
    };
  }, [data, known.length]);
  if (known.length === 0) return null;
  return (
    <div class="timeline-row">
      <h3>{row.title}</h3>
      {data ? (
        <LazyChart
          label={`${row.title} meanwhile`}
          at={at}
          lines={lines}
          format={(value) => quantity(value, "ratio")}
          height={100}
          axisWidth={axisPx}
          sync="session"
          span={span}
        />
      ) : problem ? (
        <ProblemNotice problem={problem} />
      ) : (
        <Skeleton height="9rem" />
      )}
    </div>
  );
}
