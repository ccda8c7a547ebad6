/** Who publishes: the one on air, the one that stands by, and how to connect a second one. */

import { useState } from "preact/hooks";
import { streams } from "../../api/client";
import { Problem } from "../../api/problem";
import type { PublisherStatus, StreamView } from "../../api/types";
import { bitrate, duration, UNKNOWN } from "../../ui/format";
import { Copyable, Pill, ProblemNotice } from "../../ui/kit";
import { freshKey } from "./fresh-keys";

/** Behind the key, this makes an encoder the channel's second publisher. */
export const BACKUP = "?role=backup";

const NAME = { primary: "Primary", backup: "Backup" } as const;

export function Publishers({ stream, onSwitched }: { stream: StreamView; onSwitched: () => void }) {
  const [problem, setProblem] = useState<Problem>();
  const [asked, setAsked] = useState<string>();
  const { publishers } = stream;
  const standby = publishers.find(({ place }) => place === "standby");
  const onAir = stream.publisher?.session;
  const switching = asked !== undefined && asked === onAir;

  async function change() {
    if (!standby) return;
    setProblem(undefined);
    setAsked(onAir);
    try {
      await streams.switchTo(stream.channel, standby.publisher.role);
      onSwitched();
    } catch (error) {
      setAsked(undefined);
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  return (
    <section class="card" aria-labelledby="publishers-title">
      <div class="card-head">
        <h2 id="publishers-title">Publishers</h2>
        {standby && (
          <button
            type="button"
            class="button"
            data-size="s"
            disabled={!standby.ready || switching}
            onClick={change}
          >
            {switching ? "Switching at the next keyframe…" : `Switch to the ${standby.publisher.role} now`}
          </button>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
      <ul class="publishers">
        {publishers.map((each) => (
          <Row key={each.publisher.session} status={each} />
        ))}
      </ul>
      {publishers.length < 2 && <SecondEncoder stream={stream} />}
    </section>
  );
}

function Row({ status }: { status: PublisherStatus }) {
  const { publisher, place, ready, kbps, steady_s } = status;
  const onAir = place === "on air";
  return (
    <li>
      <strong>{NAME[publisher.role]}</strong>
      <Pill tone={ready ? "ok" : "warn"}>{onAir ? "On air" : ready ? "Ready" : "Not ready"}</Pill>
      <span class="muted small">
        {publisher.encoder || publisher.protocol.toUpperCase()} from {publisher.remote || UNKNOWN}
      </span>
      <span class="figure small">{kbps ? bitrate(kbps * 1000) : "nothing arrives"}</span>
      <span class="muted figure small">{steady_s ? `steady for ${duration(steady_s)}` : UNKNOWN}</span>
    </li>
  );
}

function SecondEncoder({ stream }: { stream: StreamView }) {
  const key = freshKey(stream.channel);
  return (
    <details class="second-encoder">
      <summary>Connect a second encoder as backup</summary>
      <div class="stack">
        <p class="muted small">
          It sends all the time and takes over by itself when the first one fails. Same server; behind the
          stream key goes <code>{BACKUP}</code>.
        </p>
        <div class="field">
          <span class="field-name">Server</span>
          <Copyable value={stream.ingest.rtmp} what="server address" />
        </div>
        <div class="field">
          <span class="field-name">Stream key of the backup</span>
          {key ? (
            <Copyable value={key + BACKUP} what="backup's stream key" mask={"•".repeat(16) + BACKUP} />
          ) : (
            <Copyable value={BACKUP} what="ending for the stream key" mask={`YOUR_STREAM_KEY${BACKUP}`} />
          )}
        </div>
      </div>
    </details>
  );
}
