/** The ops console: what viewers feel first, then the machines that may be why. */

import { useEffect, useMemo } from "preact/hooks";
import { health, nodes, streams } from "../../api/client";
import { startFeed } from "../../api/events";
import { type Polled, usePoll } from "../../api/poll";
import { ago } from "../../ui/format";
import { Notice, Pill, ProblemNotice, Skeleton, useNow, useTitle } from "../../ui/kit";
import { EventFeed } from "./event-feed";
import { HealthBanner } from "./health-banner";
import { NodeCards } from "./node-cards";
import { StreamsTable } from "./streams-table";
import { World } from "./world";
import "./console.css";

const HEALTH_MS = 5_000;
const STREAMS_MS = 2_000;
const NODES_MS = 2_000;
/** Without a good answer for so long, what is shown is old. */
const STALE_S = 8;

export default function ConsolePage() {
  useTitle("Console · Tidegate");
  const healthState = usePoll("health", health, { everyMs: HEALTH_MS }).state.value;
  const streamPoll = usePoll("streams", streams.list, { everyMs: STREAMS_MS });
  const nodeState = usePoll("nodes", nodes.list, { everyMs: NODES_MS }).state.value;
  const streamState = streamPoll.state.value;
  const feed = useMemo(startFeed, []);
  useEffect(() => feed.stop, [feed]);
  useEffect(() => {
    if (feed.events.value.length > 0) streamPoll.refresh(); // an event is a reason to look at once
  }, [feed.events.value, streamPoll]);

  return (
    <>
      <div class="page-head">
        <h1>Console</h1>
        <a class="button" href="/console/webhooks">
          Webhooks
        </a>
        <Freshness polled={streamState} />
      </div>
      <div class="stack">
        <HealthBanner polled={healthState} streams={streamState.data ?? []} />
        <World />
        <section class="card" aria-labelledby="streams-title">
          <h2 id="streams-title">Streams</h2>
          <Loaded polled={streamState} height="10rem">
            {(list) => <StreamsTable streams={list} />}
          </Loaded>
        </section>
        <div class="causes">
          <section class="card" aria-labelledby="nodes-title">
            <h2 id="nodes-title">Nodes</h2>
            <Loaded polled={nodeState} height="14rem">
              {(list) => <NodeCards nodes={list} at={nodeState.at} />}
            </Loaded>
          </section>
          <EventFeed feed={feed} />
        </div>
      </div>
    </>
  );
}

interface LoadedProps<T> {
  polled: Polled<T>;
  height: string;
  children: (data: T) => preact.JSX.Element;
}

function Loaded<T>({ polled: { data, problem }, height, children }: LoadedProps<T>) {
  if (data) return children(data);
  return problem ? <ProblemNotice problem={problem} /> : <Skeleton height={height} />;
}

/** When what is shown was true; loud when it no longer may be. */
function Freshness({ polled: { at, problem } }: { polled: Polled<unknown> }) {
  const now = useNow();
  if (at === undefined) return problem ? <Pill tone="bad">Disconnected</Pill> : null;
  const old = problem !== undefined && now - at / 1000 > STALE_S;
  return (
    <div class="freshness" role="status">
      {old ? (
        <Notice
          tone="bad"
          title={`Disconnected: this is how it was ${ago(at / 1000, now)}.`}
          hint={problem?.hint || "Trying again by itself."}
        />
      ) : (
        <Pill tone="ok">Updated {ago(at / 1000, now)}</Pill>
      )}
    </div>
  );
}
