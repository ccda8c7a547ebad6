/** A new channel: its name with the rule beside it, then straight to its page, where the key is shown. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { channels } from "../../api/client";
import { Problem } from "../../api/problem";
import { Dialog, ProblemNotice } from "../../ui/kit";
import { rememberKey } from "./fresh-keys";
import { NAME_RULE, wrongWithName } from "./name-rule";

export function CreateChannel({ onClose }: { onClose: () => void }) {
  const { route } = useLocation();
  const [name, setName] = useState("");
  const [title, setTitle] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const wrong = name === "" ? undefined : wrongWithName(name);

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const created = await channels.create(name, title.trim());
      rememberKey(created);
      route(`/studio/${created.channel}`);
    } catch (error) {
      setBusy(false);
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <Dialog title="New channel" onClose={onClose}>
      <form class="stack form" onSubmit={submit}>
        <div class="field">
          <label for="channel-name">Name</label>
          <input
            id="channel-name"
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder="morning-show"
            value={name}
            aria-invalid={wrong ? "true" : undefined}
            aria-describedby="channel-rule"
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <span id="channel-rule" class={wrong ? "wrong" : "rule"} aria-live="polite">
            {wrong ?? NAME_RULE}
          </span>
        </div>
        <div class="field">
          <label for="channel-title">Title, for viewers (optional)</label>
          <input
            id="channel-title"
            maxLength={200}
            placeholder="The morning show"
            value={title}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </div>
        {problem && <ProblemNotice problem={problem} />}
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class="button"
            data-kind="primary"
            disabled={busy || wrongWithName(name) !== undefined}
          >
            Create channel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
