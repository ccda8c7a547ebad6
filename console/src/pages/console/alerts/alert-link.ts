/** From an alert to the slice that it is about. Pure. */

import type { Alert } from "../../../api/telemetry-types";
import { href, isDimension, START, type View } from "../drill/view";

/** Around the beginning there must be enough to see what was before. */
const BEFORE_S = 900;
const AFTER_S = 900;

/** The overview of the alert's slice, with its number open; a stream's health where it is about one channel alone. */
export function alertHref({ indicator, where, since, until, state }: Alert, now: number): string {
  const trail = Object.entries(where).flatMap(([dimension, value]) =>
    isDimension(dimension) ? [{ dimension, value }] : [],
  );
  const over = state === "resolved" && until !== null;
  const ended = Math.min(now, (until ?? now) + AFTER_S);
  const range: View["range"] = over
    ? { from: since - BEFORE_S, to: Math.max(ended, since) }
    : { lastS: Math.ceil((now - since + BEFORE_S) / 300) * 300 };
  return href("/console", {
    ...START,
    trail,
    range,
    shown: indicator ? { indicator, where: [] } : undefined,
  });
}

export function sliceWords({ where }: Alert): string {
  const steps = Object.entries(where).map(([dimension, value]) => `${dimension} ${value}`);
  return steps.length > 0 ? steps.join(", ") : "everywhere";
}

const WEIGHT: Record<Alert["severity"], number> = { error: 0, warning: 1, info: 2 };

/** What nobody looks after first, then the worst, then the newest. */
export function inOrder(alerts: readonly Alert[]): Alert[] {
  const tended = (alert: Alert) => (alert.acknowledged_by || alert.silenced_until ? 1 : 0);
  return [...alerts].sort(
    (a, b) => tended(a) - tended(b) || WEIGHT[a.severity] - WEIGHT[b.severity] || b.since - a.since,
  );
}

export function isFiring({ state }: Alert): boolean {
  return state !== "resolved";
}
