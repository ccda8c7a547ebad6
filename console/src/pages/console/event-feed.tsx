/** What has happened just now, newest first, as it happens. */

import type { Feed } from "../../api/events";
import type { StreamEvent } from "../../api/types";
import { timeOfDay } from "../../ui/format";
import { Pill, StatePill } from "../../ui/kit";

const REASON: Record<string, string> = {
  unpublished: "the publisher said goodbye",
  disconnected: "the publisher's connection broke",
  "taken-over": "a newer publisher took over",
  refused: "the publisher was refused",
  kicked: "stopped by hand",
  shutdown: "the server is shutting down",
  slate: "nothing comes; viewers see the slate",
};

/** Why, in words; empty where the event carries no reason. */
export function reasonOf({ reason }: StreamEvent): string {
  return reason ? (REASON[reason] ?? reason) : "";
}

export function EventFeed({ feed }: { feed: Feed }) {
  const events = feed.events.value;
  const connected = feed.connected.value;
  return (
    <section class="card events" aria-labelledby="events-title">
      <div class="card-head">
        <h2 id="events-title">Events</h2>
        <Pill tone={connected ? "ok" : "bad"}>{connected ? "Connected" : "Disconnected"}</Pill>
      </div>
      {events.length === 0 ? (
        <p class="muted">
          {connected ? "Nothing has changed since you opened this page." : "Connecting again by itself…"}
        </p>
      ) : (
        <ol aria-live="polite">
          {events.map((event) => (
            <li key={`${event.at} ${event.channel} ${event.state}`}>
              <time class="muted small figure">{timeOfDay(event.at)}</time>
              <span>
                <a href={`/studio/${event.channel}`}>{event.channel}</a>
                {reasonOf(event) && <span class="muted small"> {reasonOf(event)}</span>}
              </span>
              <StatePill state={event.state} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
