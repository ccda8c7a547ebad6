/** When what is shown was true; loud when it no longer may be. */

import type { Polled } from "../../../api/poll";
import { ago } from "../../../ui/format";
import { Notice, Pill, useNow } from "../../../ui/kit";

/** Without a good answer for so long, what is shown is old. */
const STALE_S = 8;

export function Freshness({ polled: { at, problem } }: { polled: Polled<unknown> }) {
  const now = useNow();
  if (at === undefined) return problem ? <Pill tone="bad">Disconnected</Pill> : null;
  const old = problem !== undefined && now - at / 1000 > STALE_S;
  return (
    <div class="freshness" role="status">
      {old ? (
        <Notice
          tone="bad"
          title={`Disconnected: this is how it was ${ago(at / 1000, now)}.`}
          hint={problem?.hint || "Trying again by itself."}
        />
      ) : (
        <Pill tone="ok">Updated {ago(at / 1000, now)}</Pill>
      )}
    </div>
  );
}
