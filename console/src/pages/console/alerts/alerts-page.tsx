/** Alerts: what fires now, with its slice and what to do; what was; and the rules behind them. */

import type { ComponentChildren } from "preact";
import { usePoll } from "../../../api/poll";
import { alerts } from "../../../api/telemetry";
import type { Alert, AlertList, RuleStatus } from "../../../api/telemetry-types";
import { plural } from "../../../ui/format";
import { Notice, Pill, ProblemNotice, Skeleton, useNow } from "../../../ui/kit";
import { useConsole, useShowing } from "../drill/console-context";
import { ConsoleFrame } from "../drill/frame";
import { Freshness } from "../drill/freshness";
import { AlertRow } from "./alert-row";
import { inOrder } from "./order";
import "./alerts.css";

const EVERY_MS = 2_000;
const RULES_MS = 60_000;
export default function AlertsPage() {
  const poll = usePoll("alerts", alerts.list, { everyMs: EVERY_MS });
  const { data, problem } = poll.state.value;
  return (
    <ConsoleFrame title="Alerts" aside={<Freshness polled={poll.state.value} />} timeless>
      <div class="stack">
        {data ? (
          <Lists list={data} refresh={poll.refresh} />
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

function Lists({ list: { items, evaluator }, refresh }: { list: AlertList; refresh: () => void }) {
  const now = useNow();
  const open = inOrder(
    items.filter(({ state }) => state !== "resolved"),
    now,
  );
  const firing = open.filter(({ state }) => state === "firing");
  const pending = open.filter(({ state }) => state === "pending");
  const over = items
    .filter(({ state }) => state === "resolved")
    .sort((a, b) => b.resolved_at - a.resolved_at);
  return (
    <>
      <Blind problems={evaluator.problems} />
      {!evaluator.holder && (
        <Notice
          tone="bad"
          title="Nobody looks at the rules."
          hint="Silence here means nothing until a node does: see `tidegate doctor`."
        />
      )}
      <Group title={firing.length > 0 ? `${plural(firing.length, "alert")} now` : "Now"} id="firing">
        {firing.length === 0 && <Notice tone="ok" title="No alert fires." />}
        <AlertItems alerts={firing} refresh={refresh} live />
      </Group>
      {pending.length > 0 && (
        <Group title="Not for long enough yet" id="pending">
          <AlertItems alerts={pending} refresh={refresh} />
        </Group>
      )}
      {over.length > 0 && (
        <Group title="Over" id="over">
          <AlertItems alerts={over} refresh={refresh} />
        </Group>
      )}
    </>
  );
}

/** Rules that could not be looked at, with the reasons, each once. */
function Blind({ problems }: { problems: Readonly<Record<string, string>> }) {
  const rules = Object.keys(problems);
  if (rules.length === 0) return null;
  const reasons = [...new Set(Object.values(problems))].join(" ");
  return (
    <Notice
      tone="warn"
      title={`${plural(rules.length, "rule")} could not be looked at: that nothing fires means nothing.`}
      hint={reasons}
    />
  );
}

function Group({ title, id, children }: { title: string; id: string; children: ComponentChildren }) {
  return (
    <section class="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

function AlertItems({
  alerts: items,
  refresh,
  live,
}: {
  alerts: readonly Alert[];
  refresh: () => void;
  live?: boolean;
}) {
  return (
    <ul class="alerts" aria-live={live ? "polite" : undefined}>
      {items.map((alert) => (
        <AlertRow key={alert.id} alert={alert} refresh={refresh} />
      ))}
    </ul>
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
          {data.map((status) => (
            <RuleRow key={status.rule.name} status={status} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RuleRow({ status: { rule, problem, firing, pending, origin } }: { status: RuleStatus }) {
  const { indicators } = useConsole();
  const showing = useShowing();
  const known = indicators?.get(rule.indicator);
  return (
    <li>
      <RuleState enabled={rule.enabled} firing={firing} pending={pending} problem={problem} />
      <span>
        <strong>{rule.title}</strong> <code class="muted small">{rule.name}</code>
        {origin !== "release" && (
          <span class="muted small"> {origin === "own" ? "your own" : "changed by you"}</span>
        )}
        {problem && <span class="small rule-problem">{problem}</span>}
      </span>
      {known ? (
        <a href={showing(rule.indicator)}>{known.title}</a>
      ) : (
        <code class="small">{rule.indicator}</code>
      )}
    </li>
  );
}

function RuleState({
  enabled,
  firing,
  pending,
  problem,
}: Pick<RuleStatus, "firing" | "pending" | "problem"> & { enabled: boolean }) {
  if (!enabled) return <Pill tone="quiet">off</Pill>;
  if (problem) return <Pill tone="warn">blind</Pill>;
  if (firing > 0) return <Pill tone="bad">{firing} now</Pill>;
  return pending > 0 ? <Pill tone="warn">pending</Pill> : <Pill tone="ok">fine</Pill>;
}
