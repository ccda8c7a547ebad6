/** My channels: what there is, what is on air, and a new one. */

import { useState } from "preact/hooks";
import { channels } from "../../api/client";
import { usePoll } from "../../api/poll";
import type { ChannelView } from "../../api/types";
import { dateTime, plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { ProblemNotice, Skeleton, StatePill, useTitle } from "../../ui/kit";
import { CreateChannel } from "./create-channel";
import "./studio.css";

const POLL_MS = 4_000;

export default function ChannelsPage() {
  useTitle("Studio · Tidegate");
  const [creating, setCreating] = useState(false);
  const { data, problem } = usePoll("channels", channels.list, { everyMs: POLL_MS }).state.value;
  return (
    <>
      <div class="page-head">
        <h1>Your channels</h1>
        {data && data.length > 0 && (
          <button type="button" class="button" data-kind="primary" onClick={() => setCreating(true)}>
            New channel
          </button>
        )}
      </div>
      <div class="stack">
        {problem && <ProblemNotice problem={problem} />}
        {data ? <List channels={data} onCreate={() => setCreating(true)} /> : !problem && <Loading />}
      </div>
      {creating && <CreateChannel onClose={() => setCreating(false)} />}
    </>
  );
}

function Loading() {
  return (
    <div class="channel-list" aria-busy="true">
      {[1, 2, 3].map((key) => (
        <Skeleton key={key} height="9.2rem" />
      ))}
    </div>
  );
}

const ORDER = { live: 0, interrupted: 1, starting: 2, ended: 3, offline: 4 } as const;

function List({ channels, onCreate }: { channels: readonly ChannelView[]; onCreate: () => void }) {
  if (channels.length === 0) {
    return (
      <section class="card empty">
        <Icon name="camera" size={36} />
        <h2>No channel yet</h2>
        <p>A channel is an address to publish to and a page to watch it on. It takes a name, nothing more.</p>
        <button type="button" class="button" data-kind="primary" onClick={onCreate}>
          Create your first channel
        </button>
      </section>
    );
  }
  const sorted = [...channels].sort(
    (a, b) => ORDER[a.state] - ORDER[b.state] || a.name.localeCompare(b.name),
  );
  return (
    <ul class="channel-list">
      {sorted.map((channel) => (
        <li key={channel.name}>
          <a class="card channel-card" href={`/studio/${channel.name}`}>
            <StatePill state={channel.state} />
            <strong>{channel.title || channel.name}</strong>
            <code class="muted">{channel.name}</code>
            <span class="muted small figure">
              {channel.state === "live"
                ? plural(channel.viewers, "viewer")
                : `Since ${dateTime(channel.created_at)}`}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
