/** A source that is fetched instead of pushed: how it goes, and where to set another. */

import { useState } from "preact/hooks";
import { channels } from "../../api/client";
import { usePoll } from "../../api/poll";
import { Problem } from "../../api/problem";
import type { PullView } from "../../api/types";
import { Notice, ProblemNotice, useNow } from "../../ui/kit";

const PULL_MS = 3_000;

interface ChangeProps {
  channel: string;
  onChange: () => void;
}

export function Pull({ channel }: { channel: string }) {
  const poll = usePoll(`pull ${channel}`, (signal) => channels.source(channel, signal), { everyMs: PULL_MS });
  const { data } = poll.state.value;
  const source = data?.url ? data : undefined;
  return (
    <section class="card" aria-labelledby="pull-title">
      <h2 id="pull-title">Pull from a source</h2>
      {source ? (
        <Running source={source} channel={channel} onChange={poll.refresh} />
      ) : (
        <p class="muted small">A camera or another server that cannot push is fetched from here.</p>
      )}
      <SourceForm channel={channel} replaces={source !== undefined} onChange={poll.refresh} />
    </section>
  );
}

function Running({ source, channel, onChange }: ChangeProps & { source: PullView }) {
  const now = useNow();
  const tone = source.state === "live" ? "ok" : source.state === "retrying" ? "bad" : "warn";
  return (
    <>
      <Notice tone={tone} title={sentence(source, now)} hint={source.reason || undefined} />
      <p class="delete-row">
        <code class="pull-address">{source.url}</code>
        <button
          type="button"
          class="button"
          data-size="s"
          onClick={async () => {
            await channels.stopPulling(channel);
            onChange();
          }}
        >
          Stop pulling
        </button>
      </p>
    </>
  );
}

/** What a source's state means, for a person; `now` in seconds since the Unix epoch. */
export function sentence(source: PullView, now: number): string {
  switch (source.state) {
    case "live":
      return "The source is live.";
    case "connecting":
      return "Calling the source…";
    case "retrying":
      return `It failed, and is tried again in ${Math.max(0, Math.round(source.retry_at - now))} s.`;
    case "standby":
      return "A publisher has the channel; the source waits until it has gone.";
    case "ended":
      return "The source has played to its end.";
    default:
      return "Nothing is pulled now.";
  }
}

function SourceForm({ channel, replaces, onChange }: ChangeProps & { replaces: boolean }) {
  const [url, setUrl] = useState("");
  const [loop, setLoop] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function pull(event: Event) {
    event.preventDefault();
    setProblem(undefined);
    try {
      await channels.pull(channel, url.trim(), loop);
      setUrl("");
      onChange();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <>
      <form class="title-form" onSubmit={pull}>
        <div class="field">
          <label for="source">{replaces ? "Another source" : "Address"}</label>
          <input
            id="source"
            maxLength={2048}
            value={url}
            placeholder="rtsp://camera.example/stream1"
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        </div>
        <button type="submit" class="button" disabled={!url.trim()}>
          Pull it
        </button>
        <label class="small">
          <input type="checkbox" checked={loop} onChange={(event) => setLoop(event.currentTarget.checked)} />{" "}
          Begin a file again at its end
        </label>
      </form>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}
