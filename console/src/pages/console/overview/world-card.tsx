/** Where a demo world runs: buttons to hurt it and to heal it, and where the harm will show. Elsewhere there is nothing. */

import { useState } from "preact/hooks";
import { usePoll } from "../../../api/poll";
import type { Problem } from "../../../api/problem";
import { world } from "../../../api/telemetry";
import type { Hurt, WorldStatus } from "../../../api/telemetry-types";
import { ago, bitrate, plural } from "../../../ui/format";
import { Pill, ProblemNotice, type Tone, useNow } from "../../../ui/kit";
import "./world-card.css";

const EVERY_MS = 2_000;
/** Where there is no world, none will appear while the page is open, but for a restart. */
const RARELY_MS = 60_000;

const STATE: Record<Hurt["state"], { tone: Tone; word: string }> = {
  well: { tone: "ok", word: "Well" },
  hurt: { tone: "bad", word: "Hurt" },
  healing: { tone: "warn", word: "Healing" },
};

export function WorldCard() {
  const first = usePoll("world?", world.read, { everyMs: RARELY_MS }).state.value;
  return first.data?.running ? <World /> : null;
}

function World() {
  const poll = usePoll("world", world.read, { everyMs: EVERY_MS });
  const { data } = poll.state.value;
  const [problem, setProblem] = useState<Problem>();
  async function act(what: () => Promise<WorldStatus>) {
    setProblem(undefined);
    try {
      await what();
    } catch (error) {
      setProblem(error as Problem);
    }
    poll.refresh();
  }
  if (!data?.running) return null;
  return (
    <section class="card world" aria-labelledby="world-title">
      <div class="card-head">
        <h2 id="world-title">Demo world</h2>
        <span class="muted small figure">
          {data.crowd
            ? `${plural(data.viewers, "synthetic viewer")}, ${bitrate(data.egress_bps)}`
            : "Its viewers are being started…"}
        </span>
      </div>
      <p class="muted small">Hurt it, then find out above what hurts, without looking here.</p>
      {problem && <ProblemNotice problem={problem} />}
      <ul class="hurts">
        {data.hurts.map((hurt) => (
          <HurtRow key={hurt.what} hurt={hurt} act={act} />
        ))}
      </ul>
    </section>
  );
}

interface HurtProps {
  hurt: Hurt;
  act: (what: () => Promise<WorldStatus>) => Promise<void>;
}

function HurtRow({ hurt: { what, title, does, shows, state, since, heals_itself, reason }, act }: HurtProps) {
  const now = useNow();
  const { tone, word } = STATE[state];
  return (
    <li>
      <div class="hurt-words">
        <strong>{title}</strong>
        <span class="muted small">{does}</span>
        {state !== "well" && <span class="small">{shows}</span>}
        {reason && state === "well" && <span class="small">{reason}</span>}
      </div>
      <span class="hurt-state">
        <Pill tone={tone}>{word}</Pill>
        {state !== "well" && since > 0 && <span class="muted small figure">{ago(since, now)}</span>}
      </span>
      {state === "hurt" && !heals_itself ? (
        <button
          type="button"
          class="button"
          data-size="s"
          aria-label={`Heal: ${title}`}
          onClick={() => act(() => world.heal(what))}
        >
          Heal
        </button>
      ) : (
        <button
          type="button"
          class="button"
          data-kind="danger"
          data-size="s"
          aria-label={`Hurt: ${title}`}
          disabled={state !== "well" || reason !== ""}
          onClick={() => act(() => world.hurt(what))}
        >
          Hurt
        </button>
      )}
    </li>
  );
}
