/** Add or change an endpoint. */

import { useState } from "preact/hooks";
import { webhooks } from "../../api/client";
import { Problem } from "../../api/problem";
import type { CreatedWebhook, EventType, Webhook } from "../../api/types";
import { Dialog, ProblemNotice } from "../../ui/kit";

interface WebhookFormProps {
  /** The one to change; undefined: a new one. */
  webhook: Webhook | undefined;
  types: EventType[];
  onClose: () => void;
  onMade: (made: CreatedWebhook) => void;
  onChanged: () => void;
}

export function WebhookForm({ webhook, types, onClose, onMade, onChanged }: WebhookFormProps) {
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [channel, setChannel] = useState(webhook?.channel ?? "");
  const [events, setEvents] = useState<readonly string[]>(webhook?.events ?? []);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function save(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    const wish = { url: url.trim(), description: description.trim(), channel: channel.trim(), events };
    try {
      if (webhook) {
        await webhooks.change(webhook.id, wish);
        onChanged();
      } else {
        onMade(await webhooks.add(wish));
      }
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
      setBusy(false);
    }
  }

  const toggle = (type: string) =>
    setEvents(events.includes(type) ? events.filter((each) => each !== type) : [...events, type]);

  return (
    <Dialog title={webhook ? "Change the webhook" : "Add a webhook"} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <div class="field">
          <label for="webhook-url">Address to post to</label>
          <input
            id="webhook-url"
            type="url"
            required
            maxLength={1024}
            placeholder="https://example.org/hooks/tidegate"
            value={url}
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="webhook-channel">Channel</label>
          <input
            id="webhook-channel"
            maxLength={63}
            placeholder="every channel"
            value={channel}
            onInput={(event) => setChannel(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="webhook-description">Description, for people</label>
          <input
            id="webhook-description"
            maxLength={200}
            value={description}
            onInput={(event) => setDescription(event.currentTarget.value)}
          />
        </div>
        <fieldset class="webhook-events">
          <legend>Events: none chosen means all</legend>
          {types.map(({ type, meaning }) => (
            <label key={type}>
              <input type="checkbox" checked={events.includes(type)} onChange={() => toggle(type)} />
              <span>
                <code>{type}</code>
                <span class="muted small">{meaning}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {problem && <ProblemNotice problem={problem} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button" data-kind="primary" disabled={busy}>
            {webhook ? "Save" : "Add"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
