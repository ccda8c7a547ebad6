/** Alerts: what fires now, with its slice and what to do; what was; and the rules behind them. */

import { useState } from "preact/hooks";
import { usePoll } from "../../../api/poll";
import type { Problem } from "../../../api/problem";
import { alerts } from "../../../api/telemetry";
import type { Alert, AlertRule } from "../../../api/telemetry-types";
import { ago, duration, plural, timeOfDay } from "../../../ui/format";
import { LEVEL_TONE, Notice, Pill, ProblemNotice, Skeleton, useNow } from "../../../ui/kit";
import { useConsole, useShowing } from "../drill/console-context";
import { ConsoleFrame } from "../drill/frame";
import { Freshness } from "../drill/freshness";
import { quantity } from "../drill/quantity";
import { alertHref, inOrder, isFiring, sliceWords } from "./alert-link";
import "./alerts.css";

const EVERY_MS = 2_000;
const RULES_MS = 60_000;
const SILENCES = [
  { forS: 1_800, label: "30 min" },
  { forS: 14_400, label: "4 h" },
  { forS: 86_400, label: "24 h" },
];

export default function AlertsPage() {
  const poll = usePoll("alerts", alerts.list, { everyMs: EVERY_MS });
  const { data, problem } = poll.state.value;
  return (
    <ConsoleFrame title="Alerts" aside={<Freshness polled={poll.state.value} />} timeless>
      <div class="stack">
        {data ? (
          <Lists alerts={data} refresh={poll.refresh} />
        ) : problem ? (
          <ProblemNotice problem={problem} />
        ) : (
          <Skeleton height="12rem" />
        )}
        <Rules />
      </div>
    </ConsoleFrame>
  );
}

function Lists({ alerts: all, refresh }: { alerts: readonly Alert[]; refresh: () => void }) {
  const firing = inOrder(all.filter(isFiring));
  const over = all.filter((alert) => !isFiring(alert)).sort((a, b) => (b.until ?? 0) - (a.until ?? 0));
  return (
    <>
      <section class="card" aria-labelledby="firing-title">
        <h2 id="firing-title">{firing.length > 0 ? `${plural(firing.length, "alert")} now` : "Now"}</h2>
        {firing.length === 0 ? (
          <Notice tone="ok" title="No alert fires." />
        ) : (
          <ul class="alerts" aria-live="polite">
            {firing.map((alert) => (
              <AlertRow key={alert.id} alert={alert} refresh={refresh} />
            ))}
          </ul>
        )}
      </section>
      {over.length > 0 && (
        <section class="card" aria-labelledby="over-title">
          <h2 id="over-title">Over</h2>
          <ul class="alerts">
            {over.map((alert) => (
              <AlertRow key={alert.id} alert={alert} refresh={refresh} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function AlertRow({ alert, refresh }: { alert: Alert; refresh: () => void }) {
  const { indicators } = useConsole();
  const now = useNow();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const known = indicators?.get(alert.indicator);
  const firing = isFiring(alert);

  async function act(what: () => Promise<void>) {
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

  return (
    <li class="alert" data-tone={firing ? LEVEL_TONE[alert.severity] : "quiet"}>
      <div class="alert-head">
        <Pill tone={firing ? LEVEL_TONE[alert.severity] : "quiet"}>
          {alert.state === "no-data" ? "no data" : firing ? alert.severity : "over"}
        </Pill>
        <strong>
          <a href={alertHref(alert, now)}>{alert.title || alert.rule}</a>
        </strong>
        <span class="muted small figure">
          {sliceWords(alert)} ·{" "}
          {firing || alert.until === null
            ? `since ${timeOfDay(alert.since)}, ${ago(alert.since, now)}`
            : `${timeOfDay(alert.since)}, for ${duration(alert.until - alert.since)}`}
        </span>
      </div>
      <p>
        {alert.sentence}
        {known && alert.value !== null && (
          <span class="muted figure">
            {" "}
            ({quantity(alert.value, known.unit)}
            {alert.threshold !== null && ` against ${quantity(alert.threshold, known.unit)}`})
          </span>
        )}
      </p>
      {firing && alert.fix && (
        <p class="alert-fix">
          <strong>What to do:</strong> {alert.fix}
        </p>
      )}
      {firing && (
        <div class="alert-acts">
          {alert.acknowledged_by ? (
            <span class="muted small">{alert.acknowledged_by} looks after it.</span>
          ) : (
            <button
              type="button"
              class="button"
              data-size="s"
              disabled={busy}
              onClick={() => act(() => alerts.acknowledge(alert.id))}
            >
              I look after it
            </button>
          )}
          {alert.silenced_until !== null && alert.silenced_until > now ? (
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
      )}
      {problem && <ProblemNotice problem={problem} />}
    </li>
  );
}

function Rules() {
  const { data, problem } = usePoll("alert rules", alerts.rules, { everyMs: RULES_MS }).state.value;
  if (!data) return problem ? <ProblemNotice problem={problem} /> : null;
  return (
    <section class="card" aria-labelledby="rules-title">
      <h2 id="rules-title">Rules</h2>
      {data.length === 0 ? (
        <p class="muted">There are no rules.</p>
      ) : (
        <ul class="rules">
          {data.map((rule) => (
            <RuleRow key={rule.name} rule={rule} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RuleRow({ rule }: { rule: AlertRule }) {
  const { indicators } = useConsole();
  const showing = useShowing();
  const known = indicators?.get(rule.indicator);
  return (
    <li>
      <Pill tone={LEVEL_TONE[rule.severity]}>{rule.severity}</Pill>
      <span>
        <strong>{rule.name}</strong> <span class="muted">{rule.sentence}</span>
      </span>
      {known && <a href={showing(rule.indicator)}>{known.title}</a>}
    </li>
  );
}
