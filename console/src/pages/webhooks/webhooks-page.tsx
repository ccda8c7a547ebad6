/** Webhooks: who is told what, and what became of it. */

import { useState } from "preact/hooks";
import { webhooks } from "../../api/client";
import { usePoll } from "../../api/poll";
import { Problem } from "../../api/problem";
import type { CreatedWebhook, EventType, Webhook } from "../../api/types";
import { dateTime } from "../../ui/format";
import { Confirm, Copyable, Notice, Pill, ProblemNotice, Skeleton, useNow } from "../../ui/kit";
import { ConsoleFrame } from "../console/drill/frame";
import { DeliveryLog } from "./delivery-log";
import { RotateSecret } from "./rotate-secret";
import { WebhookForm } from "./webhook-form";
import "./webhooks.css";

const POLL_MS = 5_000;

export default function WebhooksPage() {
  const poll = usePoll("webhooks", webhooks.list, { everyMs: POLL_MS });
  const { data, problem } = poll.state.value;
  const [editing, setEditing] = useState<Webhook | "new">();
  const [fresh, setFresh] = useState<CreatedWebhook>();

  return (
    <ConsoleFrame
      title="Webhooks"
      aside={
        <button type="button" class="button" data-kind="primary" onClick={() => setEditing("new")}>
          Add a webhook
        </button>
      }
      timeless
      whole
    >
      <div class="stack">
        {problem && <ProblemNotice problem={problem} />}
        {fresh && <FreshSecret made={fresh} onClose={() => setFresh(undefined)} />}
        {data ? (
          <Endpoints items={data.items} onEdit={setEditing} onFresh={setFresh} onChange={poll.refresh} />
        ) : (
          !problem && <Skeleton height="9rem" />
        )}
        <DeliveryLog endpoints={data?.items ?? []} />
      </div>
      {editing && data && (
        <WebhookForm
          webhook={editing === "new" ? undefined : editing}
          types={data.types as EventType[]}
          onClose={() => setEditing(undefined)}
          onMade={(made) => {
            setFresh(made);
            poll.refresh();
          }}
          onChanged={poll.refresh}
        />
      )}
    </ConsoleFrame>
  );
}

function FreshSecret({ made, onClose }: { made: CreatedWebhook; onClose: () => void }) {
  return (
    <Notice
      tone="ok"
      title="Give the receiver this secret now: it is not shown again."
      hint={made.webhook.url}
    >
      <div class="stack webhook-secret">
        <Copyable value={made.secret} what="signing secret" />
        <span>
          <button type="button" class="button" data-size="s" onClick={onClose}>
            I have it
          </button>
        </span>
      </div>
    </Notice>
  );
}

interface EndpointsProps {
  items: Webhook[];
  onEdit: (webhook: Webhook) => void;
  onFresh: (made: CreatedWebhook) => void;
  onChange: () => void;
}

function Endpoints({ items, ...rest }: EndpointsProps) {
  if (items.length === 0) {
    return (
      <section class="card empty">
        <h2>Nobody is told yet</h2>
        <p>
          A webhook is an address of yours that Tidegate posts to when a stream starts, is interrupted or
          ends, and when a recording is ready.
        </p>
      </section>
    );
  }
  return (
    <ul class="webhook-list">
      {items.map((webhook) => (
        <Endpoint key={webhook.id} webhook={webhook} {...rest} />
      ))}
    </ul>
  );
}

function Endpoint({
  webhook,
  onEdit,
  onFresh,
  onChange,
}: Omit<EndpointsProps, "items"> & { webhook: Webhook }) {
  const now = useNow();
  const [removing, setRemoving] = useState(false);
  const [rotating, setRotating] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [said, setSaid] = useState("");

  async function act(done: string, action: () => Promise<unknown>) {
    setProblem(undefined);
    setSaid("");
    try {
      await action();
      setSaid(done);
      onChange();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <li class="card webhook">
      <div class="webhook-head">
        <code class="webhook-url">{webhook.url}</code>
        <Pill tone={webhook.enabled ? "ok" : "quiet"}>{webhook.enabled ? "On" : "Off"}</Pill>
      </div>
      {webhook.description && <p>{webhook.description}</p>}
      <p class="muted small">
        {webhook.events.length > 0 ? webhook.events.join(", ") : "Every event"} ·{" "}
        {webhook.channel ? `channel ${webhook.channel}` : "every channel"}
      </p>
      {webhook.old_secret_until > now && (
        <p class="muted small">
          The secret before this one counts until {dateTime(webhook.old_secret_until)}.
        </p>
      )}
      <div class="buttons">
        <button
          type="button"
          class="button"
          data-size="s"
          onClick={() => void act("A test is on its way.", () => webhooks.test(webhook.id))}
        >
          Send a test
        </button>
        <button type="button" class="button" data-size="s" onClick={() => onEdit(webhook)}>
          Edit
        </button>
        <button type="button" class="button" data-size="s" onClick={() => setRotating(true)}>
          New secret
        </button>
        <button
          type="button"
          class="button"
          data-size="s"
          onClick={() => void act("", () => webhooks.change(webhook.id, { enabled: !webhook.enabled }))}
        >
          {webhook.enabled ? "Turn off" : "Turn on"}
        </button>
        <button
          type="button"
          class="button"
          data-kind="danger"
          data-size="s"
          onClick={() => setRemoving(true)}
        >
          Remove
        </button>
        <span class="muted small" role="status">
          {said}
        </span>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {rotating && (
        <RotateSecret
          webhook={webhook}
          onClose={() => setRotating(false)}
          onMade={(made) => {
            onFresh(made);
            onChange();
          }}
        />
      )}
      {removing && (
        <Confirm
          title="Remove this webhook?"
          action="Remove"
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await webhooks.remove(webhook.id);
            onChange();
          }}
        >
          <p>It is told nothing more, and its deliveries are forgotten.</p>
        </Confirm>
      )}
    </li>
  );
}
