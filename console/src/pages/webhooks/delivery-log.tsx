/** What was sent, what came back, and what is still to be sent; each can be sent once more. */

import { useState } from "preact/hooks";
import { webhooks } from "../../api/client";
import { usePoll } from "../../api/poll";
import { Problem } from "../../api/problem";
import type { Delivery, Webhook } from "../../api/types";
import { ago } from "../../ui/format";
import { Pill, ProblemNotice, Skeleton, type Tone, useNow } from "../../ui/kit";

const POLL_MS = 3_000;
const TONE: Record<Delivery["state"], Tone> = { delivered: "ok", pending: "warn", failed: "bad" };
const LABEL: Record<Delivery["state"], string> = {
  delivered: "Delivered",
  pending: "Waiting",
  failed: "Failed",
};
const FILTERS = [
  { only: "", label: "All" },
  { only: "pending", label: "Waiting" },
  { only: "failed", label: "Failed" },
] as const;

export function DeliveryLog({ endpoints }: { endpoints: Webhook[] }) {
  const [only, setOnly] = useState("");
  const poll = usePoll(`deliveries ${only}`, (signal) => webhooks.deliveries(only, signal), {
    everyMs: POLL_MS,
  });
  const { data, problem } = poll.state.value;
  return (
    <section class="card" aria-labelledby="deliveries-title">
      <div class="webhook-head">
        <h2 id="deliveries-title">Deliveries</h2>
        <fieldset class="buttons webhook-filter" aria-label="Which deliveries">
          {FILTERS.map((filter) => (
            <button
              key={filter.only}
              type="button"
              class="button"
              data-size="s"
              aria-pressed={only === filter.only}
              onClick={() => setOnly(filter.only)}
            >
              {filter.label}
            </button>
          ))}
        </fieldset>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {!data && !problem && <Skeleton height="8rem" />}
      {data?.length === 0 && (
        <p class="muted">
          {only ? "None." : "Nothing has been sent yet. What happens on the channels shows here, for a week."}
        </p>
      )}
      {data && data.length > 0 && (
        <ul class="deliveries">
          {data.map((delivery) => (
            <Row
              key={delivery.id}
              delivery={delivery}
              url={endpoints.find(({ id }) => id === delivery.webhook)?.url}
              onReplayed={poll.refresh}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface RowProps {
  delivery: Delivery;
  url: string | undefined;
  onReplayed: () => void;
}

function Row({ delivery, url, onReplayed }: RowProps) {
  const now = useNow();
  const [problem, setProblem] = useState<Problem>();
  const { state, attempts, status, next_at } = delivery;

  async function replay() {
    setProblem(undefined);
    try {
      await webhooks.replay(delivery.id);
      onReplayed();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <li>
      <details>
        <summary>
          <Pill tone={TONE[state]}>{LABEL[state]}</Pill>
          <span class="delivery-type">
            <code>{delivery.type}</code>
            {delivery.channel && <span class="muted small">{delivery.channel}</span>}
          </span>
          <span class="muted small figure">{ago(delivery.updated_at, now)}</span>
        </summary>
        <div class="stack delivery">
          <dl>
            <Fact name="To" value={url ?? delivery.webhook} />
            <Fact name="Event id" value={delivery.event} />
            <Fact name="Tries" value={String(attempts)} />
            {status > 0 && (
              <Fact name="Answer" value={`${status}, after ${Math.round(delivery.duration_s * 1000)} ms`} />
            )}
            {delivery.error && <Fact name="Why not" value={delivery.error} />}
            {next_at > now && <Fact name="Next try" value={`in ${Math.ceil(next_at - now)} s`} />}
          </dl>
          <Content title="Sent" text={pretty(delivery.body)} />
          {delivery.response && <Content title="Came back" text={delivery.response} />}
          {problem && <ProblemNotice problem={problem} />}
          <span>
            <button type="button" class="button" data-size="s" onClick={() => void replay()}>
              Send again
            </button>
          </span>
        </div>
      </details>
    </li>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Content({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <h3>{title}</h3>
      <pre class="delivery-content">{text}</pre>
    </div>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
