/** One alert: what is wrong, where, since when, what to do about it; taking it on, and silence for a while. */

import { useState } from "preact/hooks";
import type { Problem } from "../../../api/problem";
import { alerts } from "../../../api/telemetry";
import type { Alert } from "../../../api/telemetry-types";
import { ago, duration, plural, timeOfDay } from "../../../ui/format";
import { LEVEL_TONE, Pill, ProblemNotice, useNow } from "../../../ui/kit";
import { quantity } from "../drill/quantity";
import { isSilenced, sliceWords } from "./order";

const SILENCES = [
  { forS: 1_800, label: "30 min" },
  { forS: 14_400, label: "4 h" },
  { forS: 86_400, label: "24 h" },
];

export function AlertRow({ alert, refresh }: { alert: Alert; refresh: () => void }) {
  const now = useNow();
  const open = alert.state !== "resolved";
  const tone = alert.state === "firing" ? LEVEL_TONE[alert.severity] : "quiet";
  return (
    <li class="alert" data-tone={tone}>
      <div class="alert-head">
        <Pill tone={tone}>{alert.state === "firing" ? alert.severity : open ? "pending" : "over"}</Pill>
        <strong>
          <a href={alert.link}>{alert.title}</a>
        </strong>
        {alert.no_data && <Pill tone="warn">no data</Pill>}
        {alert.flapping && <Pill tone="warn">comes and goes</Pill>}
        <span class="muted small figure">
          {sliceWords(alert.slice)} ·{" "}
          {open
            ? `since ${timeOfDay(alert.since)}, ${ago(alert.since, now)}`
            : `${timeOfDay(alert.since)}, for ${duration(alert.resolved_at - alert.since)}`}
        </span>
      </div>
      <p>{alert.sentence}</p>
      {open && (
        <p>
          <strong>What to do:</strong> {alert.fix}
        </p>
      )}
      {alert.ended && <p class="muted small">{alert.ended}</p>}
      <Members alert={alert} />
      {open && <Acts alert={alert} refresh={refresh} />}
    </li>
  );
}

/** The slices that one alert is about, where they are more than one. */
function Members({ alert: { members, more, unit } }: { alert: Alert }) {
  if (members.length + more < 2) return null;
  return (
    <details class="alert-members">
      <summary>{plural(members.length + more, "slice")}</summary>
      <ul>
        {members.map(({ slice, value, limit }) => (
          <li key={sliceWords(slice)}>
            {sliceWords(slice)}: <strong class="figure">{quantity(value, unit)}</strong>
            {limit !== null && <span class="muted"> against {quantity(limit, unit)}</span>}
          </li>
        ))}
        {more > 0 && <li class="muted">and {more} more</li>}
      </ul>
    </details>
  );
}

function Acts({ alert, refresh }: { alert: Alert; refresh: () => void }) {
  const now = useNow();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  async function act(what: () => Promise<unknown>) {
    setBusy(true);
    setProblem(undefined);
    try {
      await what();
    } catch (error) {
      setProblem(error as Problem);
    }
    setBusy(false);
    refresh();
  }
  const { acknowledged } = alert;
  const word = acknowledged ? "Give it back" : "I look after it";
  return (
    <>
      <div class="alert-acts">
        {acknowledged && (
          <span class="small">
            {acknowledged.who} looks after it since {timeOfDay(acknowledged.at)}
            {acknowledged.note && `: ${acknowledged.note}`}
          </span>
        )}
        <button
          type="button"
          class="button"
          data-size="s"
          aria-label={`${word}: ${alert.title}`}
          disabled={busy}
          onClick={() => act(() => (acknowledged ? alerts.withdraw(alert.id) : alerts.acknowledge(alert.id)))}
        >
          {word}
        </button>
        {isSilenced(alert, now) ? (
          <span class="muted small">Silent until {timeOfDay(alert.silenced_until)}.</span>
        ) : (
          <label class="filter">
            <span class="visually-hidden">Silence {alert.title}</span>
            <select
              value=""
              disabled={busy}
              onChange={(event) => act(() => alerts.silence(alert.id, Number(event.currentTarget.value)))}
            >
              <option value="">Silence for…</option>
              {SILENCES.map(({ forS, label }) => (
                <option key={forS} value={forS}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}
