/** The player's states along the timeline, as a band of colours with a legend of those that occur. */

import type { PlaybackFact } from "../../../api/telemetry-types";
import { seconds, timeOfDay } from "../../../ui/format";
import { band, STATE_WORD } from "./story";

interface BandProps {
  facts: readonly PlaybackFact[];
  span: { from: number; to: number };
  until: number;
  /** Width of the charts' value axis, so that the band lies exactly above them. */
  axisPx: number;
}

export function StateBand({ facts, span, until, axisPx }: BandProps) {
  const whole = span.to - span.from;
  const seen = band(facts, until).filter(({ from, to }) => to > span.from && from < span.to);
  const states = [...new Set(seen.map(({ state }) => state))];
  const spoken = seen
    .map(({ state, from, to }) => `${STATE_WORD[state]} ${seconds(to - from, 1)}`)
    .join(", ");
  return (
    <div class="timeline-row">
      <h3>State</h3>
      <div
        class="band"
        style={{ marginLeft: `${axisPx}px` }}
        role="img"
        aria-label={`States in order: ${spoken}`}
      >
        {seen.map(({ state, from, to }) => {
          const left = (Math.max(from, span.from) - span.from) / whole;
          const right = (Math.min(to, span.to) - span.from) / whole;
          return (
            <span
              key={from}
              data-state={state}
              style={{ left: `${left * 100}%`, width: `${Math.max(0.2, (right - left) * 100)}%` }}
              title={`${STATE_WORD[state]} from ${timeOfDay(from)}, ${seconds(to - from, 1)}`}
            />
          );
        })}
      </div>
      <ul class="band-legend" aria-hidden="true">
        {states.map((state) => (
          <li key={state}>
            <i data-state={state} />
            {STATE_WORD[state]}
          </li>
        ))}
      </ul>
    </div>
  );
}
