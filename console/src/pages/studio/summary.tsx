/** After a stream: what it was, and what to do next. */

import type { StreamView } from "../../api/types";
import { bytes, count, dateTime, duration } from "../../ui/format";

/** What to do next, from what happened; the first is the most useful. */
export function nextSteps(stream: StreamView): string[] {
  const steps: string[] = [];
  if (stream.notes.some(({ level }) => level === "error")) {
    steps.push("Settle the errors listed below before the next stream.");
  }
  if (stream.discontinuities > 0) {
    steps.push("The connection broke on the way: try a cable, or a lower bitrate.");
  }
  if (stream.peak_viewers === 0) steps.push("Nobody watched: share the watch page before you begin.");
  steps.push("Start again whenever you like: the key and the watch page stay the same.");
  return steps;
}

export function Summary({ stream }: { stream: StreamView }) {
  return (
    <section class="card" aria-labelledby="summary-title">
      <h2 id="summary-title">The stream has ended</h2>
      <dl class="facts">
        <div>
          <dt>Length</dt>
          <dd>{duration(stream.state_since - stream.started_at)}</dd>
        </div>
        <div>
          <dt>Peak viewers</dt>
          <dd>{count(stream.peak_viewers)}</dd>
        </div>
        <div>
          <dt>Interruptions</dt>
          <dd>{count(stream.discontinuities)}</dd>
        </div>
        <div>
          <dt>Received</dt>
          <dd>{bytes(stream.bytes_in)}</dd>
        </div>
      </dl>
      <p class="muted small figure summary-when">
        {dateTime(stream.started_at)} to {dateTime(stream.state_since)}
      </p>
      <h3>Next</h3>
      <ul class="next-steps">
        {nextSteps(stream).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
    </section>
  );
}
