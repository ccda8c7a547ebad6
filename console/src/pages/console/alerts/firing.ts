/** Alerts that fire now and are not silenced, for the pages that only mention them. */

import { usePoll } from "../../../api/poll";
import { serverNow } from "../../../api/server-clock";
import { alerts } from "../../../api/telemetry";
import type { Alert } from "../../../api/telemetry-types";
import { inOrder, isFiring } from "./alert-link";

const EVERY_MS = 2_000;

/** Firing, and heard: a silenced alert is mentioned on its own page alone. */
export function heard(all: readonly Alert[], now: number): Alert[] {
  return inOrder(all.filter(isFiring)).filter(
    ({ silenced_until }) => silenced_until === null || silenced_until < now,
  );
}

export function useFiring(): Alert[] {
  const { data } = usePoll("firing", alerts.list, { everyMs: EVERY_MS }).state.value;
  return heard(data ?? [], serverNow());
}
