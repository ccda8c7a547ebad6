/** A stream's health: what its viewers' players go through, what to do about it, and what arrives from the publisher. */

import { useMemo } from "preact/hooks";
import { streams } from "../../../api/client";
import { usePoll } from "../../../api/poll";
import { advice as readAdvice } from "../../../api/telemetry";
import type { Advice, StreamAdvice } from "../../../api/telemetry-types";
import type { StreamView } from "../../../api/types";
import { LEVEL_TONE, Notice, Pill, ProblemNotice, Skeleton, StatePill } from "../../../ui/kit";
import { LazyChart } from "../../../ui/lazy-chart";
import { series } from "../drill/answer";
import { useConsole, useShowing } from "../drill/console-context";
import { ConsoleFrame } from "../drill/frame";
import { Freshness } from "../drill/freshness";
import { NoNumbers } from "../drill/no-numbers";
import { available, useNumbers } from "../drill/numbers";
import { quantity, shortTitle } from "../drill/quantity";
import { ends, rangeText } from "../drill/range";
import { Tiles } from "../drill/tiles";
import { href } from "../drill/view";
import { SUPPLY } from "../overview/boards";
import { Breakdown } from "../overview/breakdown";
import { colourOf, type HealthChart, healthCharts } from "./charts";
import { Supply } from "./supply";
import "../console.css";
import "./health.css";

const STREAM_MS = 2_000;
const ADVICE_MS = 5_000;

export default function HealthPage({ channel }: { channel: string }) {
  const stream = usePoll(`stream ${channel}`, (signal) => streams.read(channel, signal), {
    everyMs: STREAM_MS,
  }).state.value;
  const advised = usePoll(`advice ${channel}`, (signal) => readAdvice(channel, signal), {
    everyMs: ADVICE_MS,
  }).state.value;
  const charts = healthCharts(stream.data, advised.data?.items ?? []);
  return (
    <ConsoleFrame
      title={stream.data?.title || channel}
      pinned={{ dimension: "channel", value: channel }}
      aside={<Freshness polled={stream} />}
    >
      <div class="stack">
        {stream.data ? (
          <Head stream={stream.data} />
        ) : stream.problem ? (
          <ProblemNotice problem={stream.problem} />
        ) : (
          <Skeleton height="4rem" />
        )}
        <section class="card" aria-labelledby="advice-title">
          <h2 id="advice-title">What to do</h2>
          {advised.data ? (
            <AdviceList advised={advised.data} charts={charts} />
          ) : advised.problem ? (
            <ProblemNotice problem={advised.problem} />
          ) : (
            <Skeleton height="3rem" />
          )}
        </section>
        <div class="health-charts">
          {charts.map((chart) => (
            <ChartCard key={chart.name} chart={chart} advised={advised.data} />
          ))}
        </div>
        <section class="stack" aria-labelledby="supply-title">
          <div class="board-head">
            <h2 id="supply-title">What the publisher sends</h2>
          </div>
          <Tiles indicators={SUPPLY} />
          {stream.data && <Supply stream={stream.data} />}
        </section>
        <Breakdown />
      </div>
    </ConsoleFrame>
  );
}

function Head({ stream }: { stream: StreamView }) {
  const { view } = useConsole();
  return (
    <div class="health-head">
      <StatePill state={stream.state} />
      <nav class="board-links" aria-label="Of this stream">
        <a href={href("/console", { ...view, rest: {} })}>What its viewers feel</a>
        <a href={href("/console/sessions", { ...view, rest: {} })}>Sessions</a>
        <a href={href("/console/logs", { ...view, rest: {} })}>Logs</a>
        <a href={`/studio/${stream.channel}`}>Studio</a>
        <a href={`/watch/${stream.channel}`}>Watch</a>
      </nav>
    </div>
  );
}

/** How much there is to do, with ways to the charts that say what; advice on none of them stands here whole. */
function AdviceList({ advised, charts }: { advised: StreamAdvice; charts: readonly HealthChart[] }) {
  const { items, incomplete } = advised;
  const titleOf = (chart: string) => charts.find(({ name }) => name === chart)?.title;
  return (
    <ul class="notes">
      {incomplete && (
        <li>
          <Notice tone="warn" title="Some advice may be missing." hint={incomplete} />
        </li>
      )}
      {items.length === 0 && !incomplete && (
        <li>
          <Notice tone="ok" title="Nothing: no figure of this stream is past its limit." />
        </li>
      )}
      {items.map((each) => (
        <li key={each.code}>
          {titleOf(each.chart) === undefined ? (
            <AdviceNotice advice={each} />
          ) : (
            <Notice
              tone={LEVEL_TONE[each.severity]}
              title={each.sentence}
              hint={<a href={`#chart-${each.chart}`}>{titleOf(each.chart)}</a>}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function AdviceNotice({
  advice: { severity, sentence, fix, indicator, value, limit, unit },
}: {
  advice: Advice;
}) {
  const { indicators } = useConsole();
  const showing = useShowing();
  const known = indicators?.get(indicator);
  return (
    <Notice tone={LEVEL_TONE[severity]} title={sentence} hint={fix}>
      {known && (
        <a class="small figure" href={showing(indicator)}>
          {known.title} {quantity(value, unit || known.unit)}
          {limit !== null && ` against ${quantity(limit, unit || known.unit)}`}
        </a>
      )}
    </Notice>
  );
}

function ChartCard({ chart, advised }: { chart: HealthChart; advised: StreamAdvice | undefined }) {
  const { view, indicators, go } = useConsole();
  const { data, problem } = useNumbers({ indicators: chart.indicators, series: true });
  const names = available(chart.indicators, indicators);
  const known = names.flatMap((name) => indicators?.get(name) ?? []);
  const unit = known[0]?.unit ?? "";
  const { at, lines } = useMemo(() => {
    const found = known.map(({ name }) => series(data, name));
    return {
      at: found[0]?.at ?? [],
      lines: known.map(({ title }, place) => ({
        label: shortTitle(title),
        values: found[place]?.values ?? [],
        colour: colourOf(place),
      })),
    };
  }, [data, names.join()]);
  const silent = lines.every(({ values }) => values.every((value) => value === null));
  const mine = (advised?.items ?? []).filter((each) => each.chart === chart.name);
  return (
    <section class="card health-chart" aria-labelledby={`chart-${chart.name}`}>
      <h2 id={`chart-${chart.name}`}>{chart.title}</h2>
      <Body />
      <p class="small muted">{chart.worry}</p>
      {mine.map((each) => (
        <AdviceNotice key={each.code} advice={each} />
      ))}
      {advised?.incomplete === "" && mine.length === 0 && !silent && (
        <Pill tone="ok">Nothing past its limit</Pill>
      )}
    </section>
  );

  function Body() {
    if (!indicators || (!data && !problem)) return <Skeleton height="15.5rem" />;
    if (!data && problem) return <NoNumbers problem={problem} />;
    if (names.length === 0) return <p class="muted">This platform has no such indicators.</p>;
    if (silent) {
      return (
        <div class="chart-empty muted">
          <p>No data: no player said anything of this in this time ({rangeText(view.range)}).</p>
        </div>
      );
    }
    return (
      <LazyChart
        label={`${chart.title}, ${rangeText(view.range)}`}
        at={at}
        lines={lines}
        limits={chart.limits}
        format={(value) => quantity(value, unit)}
        sync="health"
        span={ends(view.range, data?.to ?? 0)}
        onZoom={(from, to) => go({ ...view, range: { from, to } })}
      />
    );
  }
}
