/** Alerts that fire now and are not silenced, for the pages that only mention them. */

import { usePoll } from "../../../api/poll";
import { serverNow } from "../../../api/server-clock";
import { alerts } from "../../../api/telemetry";
import type { Alert } from "../../../api/telemetry-types";
import { heard } from "./order";

const EVERY_MS = 2_000;

export function useFiring(): Alert[] {
  const { data } = usePoll("firing", alerts.firing, { everyMs: EVERY_MS }).state.value;
  return heard(data ?? [], serverNow());
}
