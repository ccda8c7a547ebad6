/** What viewers see while nobody publishes: a preview, and a picture of one's own. */

import { useRef, useState } from "preact/hooks";
import { API, slates } from "../../api/client";
import { usePoll } from "../../api/poll";
import { Problem } from "../../api/problem";
import type { SlateView } from "../../api/types";
import { seconds } from "../../ui/format";
import { Pill, ProblemNotice, Skeleton } from "../../ui/kit";

const POLL_MS = 20_000;

const STATE = {
  none: { tone: "quiet", name: "Made when you go live" },
  ready: { tone: "ok", name: "Ready" },
  "on air": { tone: "warn", name: "On air" },
} as const;

export function Slate({ channel }: { channel: string }) {
  const poll = usePoll(`slate ${channel}`, (signal) => slates.read(channel, signal), { everyMs: POLL_MS });
  const [version, setVersion] = useState(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const file = useRef<HTMLInputElement>(null);
  const slate = poll.state.value.data;

  async function change(work: () => Promise<unknown>) {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      setVersion(version + 1);
      poll.refresh();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    } finally {
      setBusy(false);
      if (file.current) file.current.value = "";
    }
  }

  return (
    <section class="card" aria-labelledby="slate-title">
      <div class="card-head">
        <h2 id="slate-title">Slate</h2>
        {slate && slate.shows !== "nothing" && (
          <Pill tone={STATE[slate.state].tone}>{STATE[slate.state].name}</Pill>
        )}
      </div>
      <div class="slate">
        {slate ? (
          <img
            src={`${API}/channels/${encodeURIComponent(channel)}/slate/preview.png?${slate.shows}-${version}`}
            alt={slate.has_picture ? "The slate's picture" : `The slate: ${slate.line}`}
            width={640}
            height={360}
            data-unused={slate.shows === "nothing" ? "" : undefined}
          />
        ) : (
          <Skeleton height="11rem" />
        )}
        <div class="stack slate-words">
          <p class="muted">{slate ? sentence(slate) : <Skeleton width="80%" />}</p>
          {problem && <ProblemNotice problem={problem} />}
          <div class="buttons">
            <label class="button" data-size="s" aria-disabled={busy}>
              {busy ? "Working…" : slate?.has_picture ? "Replace picture" : "Upload a picture"}
              <input
                ref={file}
                type="file"
                class="visually-hidden"
                accept="image/png,image/jpeg"
                disabled={busy}
                onChange={(event) => {
                  const chosen = event.currentTarget.files?.[0];
                  if (chosen) change(() => slates.upload(channel, chosen));
                }}
              />
            </label>
            {slate?.has_picture && (
              <button
                type="button"
                class="button"
                data-size="s"
                disabled={busy}
                onClick={() => change(() => slates.removePicture(channel))}
              >
                Remove picture
              </button>
            )}
          </div>
          <span class="rule small muted">PNG or JPEG, at best 1280 × 720, at most 4 MB.</span>
        </div>
      </div>
    </section>
  );
}

export function sentence({ shows, after_s }: SlateView): string {
  if (shows === "nothing") {
    return "Switched off: while nobody publishes, viewers keep the last picture until the stream ends.";
  }
  const what = shows === "picture" ? "your picture" : "this card with the channel's title";
  return `When nothing has come from your encoder for ${seconds(after_s, 1)}, viewers see ${what}, without sound, until you are back or the stream ends.`;
}
