/** One viewer's whole story on a timeline: states, bitrate, buffer, latency, errors, and the stream's own facts beneath. */

import { useMemo } from "preact/hooks";
import { usePoll } from "../../../api/poll";
import { serverNow } from "../../../api/server-clock";
import { playbackSessions } from "../../../api/telemetry";
import type { PlaybackSession, SessionStory } from "../../../api/telemetry-types";
import type { Line } from "../../../ui/chart-types";
import { bitrate, dateTime, duration, seconds, timeOfDay } from "../../../ui/format";
import { Copyable, Pill, ProblemNotice, Skeleton } from "../../../ui/kit";
import { LazyChart } from "../../../ui/lazy-chart";
import { useConsole } from "../drill/console-context";
import { ConsoleFrame } from "../drill/frame";
import { Freshness } from "../drill/freshness";
import { quantity, share } from "../drill/quantity";
import { DEFAULT_RANGE, isFixed } from "../drill/range";
import { href } from "../drill/view";
import { shortId } from "./sessions-page";
import { StateBand } from "./state-band";
import { exitWords, isRunning, linesOf, marksOf, moments, STATE_TONE, STATE_WORD } from "./story";
import { StreamBeneath } from "./stream-beneath";
import "./sessions.css";

const EVERY_MS = 1_500;
/** The value axis of all charts of the timeline, so that they line up with the band. */
const AXIS_PX = 76;

export default function SessionPage({ session }: { session: string }) {
  const polled = usePoll(`session ${session}`, (signal) => playbackSessions.read(session, signal), {
    everyMs: EVERY_MS,
  }).state.value;
  return (
    <ConsoleFrame
      title={`Session ${shortId(session)}`}
      here={`session ${shortId(session)}`}
      aside={<Freshness polled={polled} />}
      timeless
    >
      {polled.data ? (
        <Story story={polled.data} />
      ) : polled.problem ? (
        <ProblemNotice problem={polled.problem} />
      ) : (
        <div class="stack" aria-busy="true">
          <Skeleton height="8rem" />
          <Skeleton height="24rem" />
        </div>
      )}
    </ConsoleFrame>
  );
}

/** From where to where the timeline goes: the whole session, or the piece that the address names. */
export function spanOf(
  { joined_at, last_at }: PlaybackSession,
  range: { from: number; to: number } | undefined,
  now: number | undefined,
): { from: number; to: number } {
  const whole = { from: joined_at, to: Math.max(now ?? last_at, joined_at + 1) };
  if (!range) return whole;
  const piece = { from: Math.max(whole.from, range.from), to: Math.min(whole.to, range.to) };
  return piece.to > piece.from ? piece : whole;
}

function Story({ story: { session, facts } }: { story: SessionStory }) {
  const { view, go } = useConsole();
  const now = serverNow();
  const running = isRunning(session, now);
  const zoom = isFixed(view.range) ? view.range : undefined;
  const until = session.last_at; // beyond its last word nobody knows what the player does
  const span = spanOf(session, zoom, running ? Math.max(now, until) : undefined);
  const { lines, marks } = useMemo(() => ({ lines: linesOf(facts), marks: marksOf(facts) }), [facts]);
  const charts = useMemo(
    () => [
      {
        title: "Bitrate",
        format: bitrate,
        lines: [line("Plays", lines.bitrate, 1), { ...line("Network", lines.throughput, 5), dash: true }],
      },
      {
        title: "Buffer",
        format: (value: number) => seconds(value, 1),
        lines: [line("Buffer", lines.buffer, 3)],
      },
      {
        title: "Latency to live",
        format: (value: number) => seconds(value, 1),
        lines: [line("Latency", lines.latency, 2)],
      },
    ],
    [lines],
  );
  return (
    <div class="stack">
      <Facts session={session} running={running} />
      <section class="card timeline" aria-labelledby="timeline-title">
        <div class="card-head">
          <h2 id="timeline-title">Timeline</h2>
          <span class="muted small figure">
            {dateTime(span.from)} · {duration(span.to - span.from)}
          </span>
          {zoom && (
            <button
              type="button"
              class="button"
              data-size="s"
              onClick={() => go({ ...view, range: DEFAULT_RANGE })}
            >
              Whole session
            </button>
          )}
        </div>
        <StateBand facts={facts} span={span} until={until} axisPx={AXIS_PX} />
        {charts.map(({ title, format, lines: drawn }) => (
          <div key={title} class="timeline-row">
            <h3>{title}</h3>
            <LazyChart
              label={`${title} of this session`}
              at={lines.at}
              lines={drawn}
              marks={marks}
              format={format}
              height={120}
              axisWidth={AXIS_PX}
              sync="session"
              span={span}
              onZoom={(from, to) => go({ ...view, range: { from, to } })}
            />
          </div>
        ))}
        <StreamBeneath session={session} span={span} running={running && !zoom} axisPx={AXIS_PX} />
      </section>
      <Moments facts={facts} until={until} began={session.joined_at} />
    </div>
  );
}

function line(label: string, values: (number | null)[], colour: Line["colour"]): Line {
  return { label, values, colour };
}

function Facts({ session, running }: { session: PlaybackSession; running: boolean }) {
  const { view } = useConsole();
  const whole = session.watched_s + session.rebuffer_s;
  const facts: [string, string, boolean?][] = [
    ["Startup", quantity(session.startup_s, "s")],
    ["Watched", duration(session.watched_s)],
    ["Stalled", whole > 0 ? share(session.rebuffer_s / whole) : "--", session.rebuffer_s / whole >= 0.01],
    ["Stalls", quantity(session.rebuffers, "count")],
    ["Switches", quantity(session.switches, "count")],
    ["Bitrate", session.bitrate_bps === null ? "--" : bitrate(session.bitrate_bps)],
    ["Latency", quantity(session.latency_s, "s")],
    ["Errors", quantity(session.errors, "count"), session.errors > 0],
  ];
  const logs = { ...view, range: { from: session.joined_at - 5, to: session.last_at + 30 }, trail: [] };
  return (
    <section class="card stack" aria-label="In short">
      <div class="card-head">
        <div class="session-who">
          <Pill tone={running ? STATE_TONE[session.state] : "quiet"}>
            {running ? STATE_WORD[session.state] : "Over"}
          </Pill>
          <span>
            <a href={href(`/console/streams/${encodeURIComponent(session.channel)}`, view)}>
              {session.channel}
            </a>
            {" · "}
            {[
              session.region,
              session.device,
              session.network,
              `${session.player} ${session.player_version}`.trim(),
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </div>
        <nav class="board-links" aria-label="Of this session">
          <a href={href("/console/logs", { ...logs, rest: { session: session.session } })}>Its log lines</a>
          <a
            href={href("/console/logs", {
              ...logs,
              trail: [{ dimension: "channel", value: session.channel }],
            })}
          >
            The channel's log
          </a>
        </nav>
      </div>
      <dl class="facts">
        {facts.map(([name, value, alarm]) => (
          <div key={name} data-alarm={alarm || undefined}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {!running && session.exit && <p>{exitWords(session.exit)}</p>}
      <Copyable what="session id" value={session.session} />
    </section>
  );
}

function Moments({ facts, until, began }: { facts: SessionStory["facts"]; until: number; began: number }) {
  const told = moments(facts, until);
  return (
    <section class="card" aria-labelledby="moments-title">
      <h2 id="moments-title">What happened</h2>
      {told.length === 0 ? (
        <p class="muted">Nothing but that it began.</p>
      ) : (
        <ol class="moments">
          {told.map(({ at, words, tone }) => (
            <li key={`${at} ${words}`} data-tone={tone}>
              <time class="muted small figure">{timeOfDay(at)}</time>
              <span class="muted small figure">+{seconds(at - began, 1)}</span>
              <span>{words}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
