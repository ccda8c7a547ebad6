/** One sentence on whether all is well, then what is not, each with the next step. */

import type { Polled } from "../../api/poll";
import type { Health, StreamView } from "../../api/types";
import { count, duration, plural } from "../../ui/format";
import { CHECK_TONE, Notice, ProblemNotice, Skeleton } from "../../ui/kit";
import { Explained } from "./drill/explained";
import { worstLevel } from "./rank";

interface BannerProps {
  polled: Polled<Health>;
  streams: readonly StreamView[];
  /** An alert fires: then all is not well, whatever the platform's own checks say. */
  alerted?: boolean;
}

const ALERTED = "The platform itself is well";
const HEADLINE = {
  ok: "All is well",
  degraded: "Something needs attention",
  failing: "Something is broken",
} as const;

export function HealthBanner({ polled: { data, problem }, streams, alerted }: BannerProps) {
  if (!data) return problem ? <ProblemNotice problem={problem} /> : <Skeleton height="8.5rem" />;
  const troubled = data.checks.filter(({ status }) => status !== "ok");
  const well = data.checks.filter(({ status }) => status === "ok");
  return (
    <section class="card banner" data-tone={CHECK_TONE[data.status]} aria-label="Health">
      <div class="banner-head">
        <div role="status">
          <h2>{alerted && data.status === "ok" ? ALERTED : HEADLINE[data.status]}</h2>
        </div>
        <span class="muted small figure">
          Version {data.version}, up {duration(data.uptime_s)}
        </span>
      </div>
      <Symptoms streams={streams} />
      {troubled.map(({ name, status, message, hint }) => (
        <Notice key={name} tone={CHECK_TONE[status]} title={message} hint={hint || undefined} />
      ))}
      {well.length > 0 && (
        <details class="checks">
          <summary>
            {plural(well.length, "check")} passed
            {troubled.length > 0 && `, ${count(troubled.length)} did not`}
          </summary>
          <ul>
            {well.map(({ name, message }) => (
              <li key={name}>
                <strong>{name}</strong> <span class="muted">{message}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** What viewers and publishers feel, in four figures. */
function Symptoms({ streams }: { streams: readonly StreamView[] }) {
  const live = streams.filter(({ state }) => state === "live");
  const interrupted = streams.filter(({ state }) => state === "interrupted").length;
  const rough = live.filter(
    (stream) => worstLevel(stream) === "error" || worstLevel(stream) === "warning",
  ).length;
  const viewers = streams.reduce((sum, stream) => sum + stream.viewers, 0);
  return (
    <dl class="facts">
      <div>
        <dt>Viewers</dt>
        <dd>
          <Explained indicator="concurrent_viewers">{count(viewers)}</Explained>
        </dd>
      </div>
      <div>
        <dt>Live</dt>
        <dd>{count(live.length)}</dd>
      </div>
      <div data-alarm={interrupted > 0}>
        <dt>Interrupted</dt>
        <dd>{count(interrupted)}</dd>
      </div>
      <div data-alarm={rough > 0}>
        <dt>With warnings</dt>
        <dd>{count(rough)}</dd>
      </div>
    </dl>
  );
}
