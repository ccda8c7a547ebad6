/** The ops console: what viewers feel first, then the machines that may be why. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { health, nodes, streams } from "../../api/client";
import { startFeed } from "../../api/events";
import { type Polled, usePoll } from "../../api/poll";
import type { Health, NodeStatus, StreamView } from "../../api/types";
import { ProblemNotice, Skeleton } from "../../ui/kit";
import { useFiring } from "./alerts/firing";
import { FiringStrip } from "./alerts/firing-strip";
import { useConsole } from "./drill/console-context";
import { ConsoleFrame } from "./drill/frame";
import { Freshness } from "./drill/freshness";
import { Tiles } from "./drill/tiles";
import { chosen, href } from "./drill/view";
import { EventFeed } from "./event-feed";
import { HealthBanner } from "./health-banner";
import { NodeCards } from "./node-cards";
import { DELIVERY, SUPPLY, SYMPTOMS } from "./overview/boards";
import { Breakdown } from "./overview/breakdown";
import { RegionStrip } from "./overview/region-strip";
import { UseBoard } from "./overview/use-board";
import { StreamsTable } from "./streams-table";
import { World } from "./world";
import "./console.css";

const HEALTH_MS = 5_000;
const STREAMS_MS = 2_000;
const NODES_MS = 2_000;

export default function ConsolePage() {
  const healthState = usePoll("health", health, { everyMs: HEALTH_MS }).state.value;
  const streamPoll = usePoll("streams", streams.list, { everyMs: STREAMS_MS });
  const nodeState = usePoll("nodes", nodes.list, { everyMs: NODES_MS }).state.value;
  const streamState = streamPoll.state.value;
  const firing = useFiring();
  const feed = useMemo(startFeed, []);
  useEffect(() => feed.stop, [feed]);
  useEffect(() => {
    if (feed.events.value.length > 0) streamPoll.refresh(); // an event is a reason to look at once
  }, [feed.events.value, streamPoll]);

  return (
    <ConsoleFrame title="Console" aside={<Freshness polled={streamState} />}>
      <div class="stack">
        <FiringStrip firing={firing} />
        <Whole healthState={healthState} streams={streamState} alerted={firing.length > 0} />
        <Symptoms nodes={nodeState.data ?? []} />
        <Streams polled={streamState} />
        <UseBoard />
        <World />
        <div class="causes">
          <Nodes polled={nodeState} />
          <EventFeed feed={feed} />
        </div>
      </div>
    </ConsoleFrame>
  );
}

/** Whether the platform is well; only where nothing narrower was asked. */
interface WholeProps {
  healthState: Polled<Health>;
  streams: Polled<StreamView[]>;
  alerted: boolean;
}

function Whole({ healthState, streams, alerted }: WholeProps) {
  const { view } = useConsole();
  if (view.trail.length > 0) return null;
  return <HealthBanner polled={healthState} streams={streams.data ?? []} alerted={alerted} />;
}

function Symptoms({ nodes }: { nodes: readonly NodeStatus[] }) {
  const { view } = useConsole();
  const channel = chosen(view, "channel");
  return (
    <section class="stack" aria-labelledby="red-title">
      <div class="board-head">
        <h2 id="red-title">What viewers feel</h2>
        <nav class="board-links" aria-label="Of this slice">
          {channel && (
            <a href={href(`/console/streams/${encodeURIComponent(channel)}`, { ...view, rest: {} })}>
              Stream health
            </a>
          )}
          <a href={href("/console/sessions", { ...view, rest: {} })}>Sessions</a>
          <a href={href("/console/logs", { ...view, rest: {} })}>Logs</a>
        </nav>
      </div>
      <Tiles indicators={SYMPTOMS} first />
      <RegionStrip nodes={nodes} />
      <Breakdown />
      <OnTheWay />
    </section>
  );
}

/** Between publisher and viewers; asked for only while it is open. */
function OnTheWay() {
  const [open, setOpen] = useState(false);
  return (
    <details class="more-boards" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>On the way: what was delivered, what was supplied</summary>
      {open && (
        <div class="stack">
          <Tiles indicators={DELIVERY} />
          <Tiles indicators={SUPPLY} />
        </div>
      )}
    </details>
  );
}

/** The streams as the platform has them now, whatever the time range is. */
function Streams({ polled }: { polled: Polled<StreamView[]> }) {
  const { view } = useConsole();
  const channel = chosen(view, "channel");
  return (
    <section class="card" aria-labelledby="streams-title">
      <div class="card-head">
        <h2 id="streams-title">Streams now</h2>
      </div>
      <Loaded polled={polled} height="10rem">
        {(list) => (
          <StreamsTable streams={channel ? list.filter((each) => each.channel === channel) : list} />
        )}
      </Loaded>
    </section>
  );
}

function Nodes({ polled }: { polled: Polled<NodeStatus[]> }) {
  const { view } = useConsole();
  const [region, node] = [chosen(view, "region"), chosen(view, "node")];
  return (
    <section class="card" aria-labelledby="nodes-title">
      <h2 id="nodes-title">Nodes now</h2>
      <Loaded polled={polled} height="14rem">
        {(list) => {
          const here = list.filter(
            (each) => (!region || each.region === region) && (!node || each.node === node),
          );
          if (here.length > 0) return <NodeCards nodes={here} at={polled.at} />;
          return (
            <p class="muted">
              {list.length === 0
                ? "No node has reported yet; the first does within seconds."
                : `No node runs here: the ${list.length === 1 ? "one there is stands" : `${list.length} there are stand`} in ${regionsOf(list)}.`}
            </p>
          );
        }}
      </Loaded>
    </section>
  );
}

function regionsOf(nodes: readonly NodeStatus[]): string {
  return [...new Set(nodes.map(({ region }) => region))].sort().join(", ");
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
