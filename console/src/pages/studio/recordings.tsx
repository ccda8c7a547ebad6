/** What is kept of a channel's broadcasts: to watch, save, keep or remove. */

import { useState } from "preact/hooks";
import { recordings } from "../../api/client";
import { usePoll } from "../../api/poll";
import { Problem } from "../../api/problem";
import type { RecordingView } from "../../api/types";
import { bytes, clock, dateTime, percent } from "../../ui/format";
import { Confirm, Pill, ProblemNotice, Skeleton } from "../../ui/kit";
import "../recording/recording.css";

const POLL_MS = 10_000;

export function Recordings({ channel }: { channel: string }) {
  const poll = usePoll(`recordings ${channel}`, (signal) => recordings.list(channel, signal), {
    everyMs: POLL_MS,
  });
  const { data: items, problem } = poll.state.value;
  return (
    <section class="card" aria-labelledby="recordings-title">
      <h2 id="recordings-title">Recordings</h2>
      {problem && !items && <ProblemNotice problem={problem} />}
      {!items && !problem && <Skeleton height="9rem" />}
      {items?.length === 0 && (
        <p class="muted">
          None yet. Each broadcast is recorded while it runs, unless <a href="/settings">recording.enabled</a>{" "}
          is off.
        </p>
      )}
      {items && items.length > 0 && (
        <ul class="recordings-list">
          {items.map((item) => (
            <Item key={item.id} item={item} onChange={poll.refresh} />
          ))}
        </ul>
      )}
    </section>
  );
}

const STATE: Partial<Record<RecordingView["state"], { tone: "warn" | "bad"; name: string }>> = {
  growing: { tone: "warn", name: "On air" },
  partial: { tone: "warn", name: "Some missing" },
  making: { tone: "warn", name: "Being cut" },
  failed: { tone: "bad", name: "Failed" },
};

function Item({ item, onChange }: { item: RecordingView; onChange: () => void }) {
  const [removing, setRemoving] = useState(false);
  const [drawn, setDrawn] = useState(true);
  const [problem, setProblem] = useState<Problem>();
  const state = STATE[item.state];
  const title = item.title || item.channel;
  const playable = item.state !== "making" && item.state !== "failed";
  const page = `/watch/${item.channel}/${item.id}`;

  async function keep() {
    setProblem(undefined);
    try {
      await recordings.change(item.id, { keep: !item.keep });
      onChange();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <li class="recording-item">
      {playable ? (
        <a class="poster" href={page} aria-label={`Watch ${title}`}>
          {drawn && <img src={item.playback.poster} alt="" loading="lazy" onError={() => setDrawn(false)} />}
          <span class="length num">{clock(item.duration_s)}</span>
        </a>
      ) : (
        <div class="poster" />
      )}
      <h3>
        {item.source ? "Clip: " : ""}
        {title}
      </h3>
      <p class="muted small">
        {dateTime(item.started_at)} · {bytes(item.bytes)}{" "}
        {state && (
          <Pill tone={state.tone}>
            {state.name}
            {item.state === "making" && ` ${percent(item.progress, 1)}`}
          </Pill>
        )}
      </p>
      {item.reason && <p class="small">{item.reason}</p>}
      <div class="buttons">
        {playable && (
          <a class="button" data-size="s" href={item.playback.mp4} download>
            MP4
          </a>
        )}
        <button type="button" class="button" data-size="s" aria-pressed={item.keep} onClick={keep}>
          {item.keep ? "Kept" : "Keep"}
        </button>
        {item.state !== "growing" && item.state !== "making" && (
          <button
            type="button"
            class="button"
            data-size="s"
            data-kind="danger"
            onClick={() => setRemoving(true)}
          >
            Delete
          </button>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {removing && (
        <Confirm
          title={`Delete “${title}”?`}
          action="Delete recording"
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            await recordings.remove(item.id);
            onChange();
          }}
        >
          <p>{clock(item.duration_s)} of media are removed. This cannot be undone.</p>
        </Confirm>
      )}
    </li>
  );
}
