/** Playback sessions of the slice: one row is one viewer's playback, the worst first. */

import { usePoll } from "../../../api/poll";
import { serverNow } from "../../../api/server-clock";
import { playbackSessions } from "../../../api/telemetry";
import type { PlaybackSession } from "../../../api/telemetry-types";
import { bitrate, duration, plural, timeOfDay } from "../../../ui/format";
import { Pill, ProblemNotice, Skeleton, useNow } from "../../../ui/kit";
import { useConsole } from "../drill/console-context";
import { ConsoleFrame } from "../drill/frame";
import { Freshness } from "../drill/freshness";
import { NO_DATA, quantity, share } from "../drill/quantity";
import { ends, everyMs } from "../drill/range";
import { chosenOf, href } from "../drill/view";
import { isRunning, STATE_TONE, STATE_WORD } from "./story";
import "./sessions.css";

const MOST = 100;
const ORDERS = [
  { value: "rebuffer", label: "most stalled first" },
  { value: "newest", label: "newest first" },
  { value: "startup", label: "slowest start first" },
  { value: "errors", label: "most errors first" },
];
const STATES = ["playing", "rebuffering", "starting", "paused", "failed", "ended", "quit"] as const;

export default function SessionsPage() {
  return (
    <ConsoleFrame title="Playback sessions">
      <Sessions />
    </ConsoleFrame>
  );
}

function Sessions() {
  const { view, go } = useConsole();
  const order = ORDERS.find(({ value }) => value === view.rest.order)?.value ?? "rebuffer";
  const state = view.rest.state ?? "";
  const key = JSON.stringify([view.trail, view.range, order, state]);
  const polled = usePoll(
    key,
    (signal) => {
      const { from, to } = ends(view.range, serverNow());
      const { channel, region, device } = chosenOf(view);
      return playbackSessions.list({ channel, region, device, state, from, to, order, limit: MOST }, signal);
    },
    { everyMs: Math.max(2_000, everyMs(view.range)) },
  ).state.value;
  const set = (name: string, value: string) => go({ ...view, rest: { ...view.rest, [name]: value } }, true);
  return (
    <section class="card" aria-labelledby="sessions-title">
      <div class="card-head">
        <h2 id="sessions-title">{polled.data ? plural(polled.data.length, "session") : "Sessions"}</h2>
        <div class="filters">
          <label class="filter">
            <span class="visually-hidden">State</span>
            <select value={state} onChange={(event) => set("state", event.currentTarget.value)}>
              <option value="">every state</option>
              {STATES.map((each) => (
                <option key={each} value={each}>
                  {STATE_WORD[each].toLowerCase()}
                </option>
              ))}
            </select>
          </label>
          <label class="filter">
            <span class="visually-hidden">Order</span>
            <select value={order} onChange={(event) => set("order", event.currentTarget.value)}>
              {ORDERS.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <Freshness polled={polled} />
        </div>
      </div>
      {polled.data ? (
        <SessionTable sessions={polled.data} />
      ) : polled.problem ? (
        <ProblemNotice problem={polled.problem} />
      ) : (
        <Skeleton height="14rem" />
      )}
      {polled.data?.length === MOST && (
        <p class="muted small">The first {MOST}. Narrow the slice or the time to see others.</p>
      )}
    </section>
  );
}

function SessionTable({ sessions }: { sessions: readonly PlaybackSession[] }) {
  const { view } = useConsole();
  const now = useNow();
  if (sessions.length === 0) {
    return (
      <div class="empty">
        <h3>No sessions</h3>
        <p>No player reported from this slice in this time. Choose a longer range, or take a step back.</p>
      </div>
    );
  }
  return (
    <div class="table-scroll">
      <table class="table parts sessions">
        <thead>
          <tr>
            <th>Viewer</th>
            <th>State</th>
            <th class="number">Began</th>
            <th class="number">Watched</th>
            <th class="number">Start</th>
            <th class="number">Stalled</th>
            <th class="number">Bitrate</th>
            <th class="number">Latency</th>
            <th>Last error</th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((each) => (
            <tr key={each.session}>
              <td class="part-name session-name">
                <a
                  href={href(`/console/sessions/${encodeURIComponent(each.session)}`, { ...view, rest: {} })}
                >
                  {shortId(each.session)}
                </a>
                <span class="muted small">
                  {[each.device, each.network, each.region].filter(Boolean).join(" · ")}
                </span>
              </td>
              <td data-name="State">
                <Pill tone={isRunning(each, now) ? STATE_TONE[each.state] : "quiet"}>
                  {isRunning(each, now) ? STATE_WORD[each.state] : "Over"}
                </Pill>
              </td>
              <td class="number" data-name="Began">
                {timeOfDay(each.joined_at)}
              </td>
              <td class="number" data-name="Watched">
                {duration(each.watched_s)}
              </td>
              <td class="number" data-name="Start">
                {quantity(each.startup_s, "s")}
              </td>
              <td class="number" data-name="Stalled">
                <Stalled session={each} />
              </td>
              <td class="number" data-name="Bitrate">
                {each.bitrate_bps === null ? NO_DATA : bitrate(each.bitrate_bps)}
              </td>
              <td class="number" data-name="Latency">
                {quantity(each.latency_s, "s")}
              </td>
              <td data-name="Last error" class="session-error">
                {each.error ? <code class="small">{each.error}</code> : <span class="muted">–</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Enough to tell sessions of a list apart; the address has the whole. */
export function shortId(session: string): string {
  return session.length > 13 ? `${session.slice(0, 8)}…` : session;
}

function Stalled({ session: { watched_s, rebuffer_s, rebuffers } }: { session: PlaybackSession }) {
  const whole = watched_s + rebuffer_s;
  if (whole <= 0) return <>{NO_DATA}</>;
  const part = rebuffer_s / whole;
  return (
    <span data-alarm={part >= 0.01 || undefined} class="stalled">
      {share(part)} <span class="muted small">{rebuffers}×</span>
    </span>
  );
}
