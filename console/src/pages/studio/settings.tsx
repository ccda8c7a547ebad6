/** The channel itself: its title, and its end. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { channels } from "../../api/client";
import { Problem } from "../../api/problem";
import type { StreamView } from "../../api/types";
import { Confirm, ProblemNotice } from "../../ui/kit";

export function Settings({ stream, onChange }: { stream: StreamView; onChange: () => void }) {
  const { route } = useLocation();
  const [title, setTitle] = useState(stream.title);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [deleting, setDeleting] = useState(false);

  async function save(event: Event) {
    event.preventDefault();
    setProblem(undefined);
    try {
      await channels.retitle(stream.channel, title.trim());
      setSaved(true);
      onChange();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <section class="card" aria-labelledby="settings-title">
      <h2 id="settings-title">Channel</h2>
      <form class="title-form" onSubmit={save}>
        <div class="field">
          <label for="title">Title, for viewers</label>
          <input
            id="title"
            maxLength={200}
            value={title}
            placeholder={stream.channel}
            onInput={(event) => {
              setTitle(event.currentTarget.value);
              setSaved(false);
            }}
          />
        </div>
        <button type="submit" class="button" disabled={title.trim() === stream.title}>
          Save title
        </button>
        <span class="muted small" role="status">
          {saved && "Saved."}
        </span>
      </form>
      {problem && <ProblemNotice problem={problem} />}
      <p class="delete-row">
        <span class="muted small">
          Deleting a channel ends its stream, its key and its watch page for good.
        </span>
        <button
          type="button"
          class="button"
          data-kind="danger"
          data-size="s"
          onClick={() => setDeleting(true)}
        >
          Delete channel
        </button>
      </p>
      {deleting && (
        <Confirm
          title={`Delete “${stream.channel}”?`}
          action="Delete channel"
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await channels.remove(stream.channel);
            route("/studio");
          }}
        >
          <p>Its watch page and stream key stop working at once. This cannot be undone.</p>
        </Confirm>
      )}
    </section>
  );
}
