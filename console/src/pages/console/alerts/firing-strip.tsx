/** What fires now, in one line each, above everything else on the overview. */

import type { Alert } from "../../../api/telemetry-types";
import { ago, plural } from "../../../ui/format";
import { LEVEL_TONE, Notice, useNow } from "../../../ui/kit";
import { useConsole } from "../drill/console-context";
import { href } from "../drill/view";
import "./alerts.css";

const SHOWN = 3;

export function FiringStrip({ firing }: { firing: readonly Alert[] }) {
  const { view } = useConsole();
  const now = useNow();
  if (firing.length === 0) return null;
  return (
    <section class="stack firing" aria-label="Alerts">
      {firing.slice(0, SHOWN).map((alert) => (
        <Notice
          key={alert.id}
          tone={LEVEL_TONE[alert.severity]}
          title={<a href={alert.link}>{alert.title}</a>}
          hint={`${alert.sentence} Began ${ago(alert.since, now)}.`}
        />
      ))}
      {firing.length > SHOWN && (
        <a class="small" href={href("/console/alerts", { ...view, rest: {} })}>
          {plural(firing.length - SHOWN, "more alert")}
        </a>
      )}
    </section>
  );
}
