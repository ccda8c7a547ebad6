/** Which alerts stand first, and where they are, in words. Pure. */

import type { Alert } from "../../../api/telemetry-types";

const WEIGHT: Record<Alert["severity"], number> = { error: 0, warning: 1, info: 2 };

export function isSilenced({ silenced_until }: Alert, now: number): boolean {
  return silenced_until > now;
}

/** What nobody looks after first, then the worst, then the newest. */
export function inOrder(alerts: readonly Alert[], now: number): Alert[] {
  const tended = (alert: Alert) => (alert.acknowledged || isSilenced(alert, now) ? 1 : 0);
  return [...alerts].sort(
    (a, b) => tended(a) - tended(b) || WEIGHT[a.severity] - WEIGHT[b.severity] || b.since - a.since,
  );
}

/** Firing, and heard: a silenced alert is mentioned on its own page alone. */
export function heard(alerts: readonly Alert[], now: number): Alert[] {
  return inOrder(
    alerts.filter((alert) => alert.state === "firing" && !isSilenced(alert, now)),
    now,
  );
}

export function sliceWords(slice: Readonly<Record<string, string>>): string {
  return (
    Object.entries(slice)
      .map(([dimension, value]) => `${dimension} ${value || "(none)"}`)
      .join(", ") || "everywhere"
  );
}
