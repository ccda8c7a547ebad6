/** One channel's studio: how to publish while it is off, what happens while it is on, what happened after. */

import { useState } from "preact/hooks";
import { channels, streams } from "../../api/client";
import { usePoll } from "../../api/poll";
import type { ChannelView, StreamView } from "../../api/types";
import { Icon } from "../../ui/icons";
import { Confirm, Notice, ProblemNotice, Skeleton, StatePill, useTitle } from "../../ui/kit";
import { Connect } from "./connect";
import { HealthNotes, Refusals } from "./health-notes";
import { LiveView } from "./live-view";
import { Offline } from "./offline";
import { Privacy } from "./privacy";
import { Publishers } from "./publishers";
import { Pull } from "./pull";
import { Recordings } from "./recordings";
import { Settings } from "./settings";
import { Slate } from "./slate";
import { Summary } from "./summary";
import "./studio.css";

const STREAM_MS = 2_000;
const CHANNEL_MS = 15_000;

export default function ChannelPage({ channel }: { channel: string }) {
  const streamPoll = usePoll(`stream ${channel}`, (signal) => streams.read(channel, signal), {
    everyMs: STREAM_MS,
  });
  const channelPoll = usePoll(`channel ${channel}`, (signal) => channels.read(channel, signal), {
    everyMs: CHANNEL_MS,
  });
  const { data: stream, problem, at } = streamPoll.state.value;
  const view = channelPoll.state.value.data;
  useTitle(`${stream?.title || channel} · Studio`);

  if (problem?.status === 404) return <Unknown channel={channel} />;
  if (!stream) return problem ? <ProblemNotice problem={problem} /> : <Loading channel={channel} />;
  return (
    <>
      <Head stream={stream} onStopped={streamPoll.refresh} />
      <div class="stack">
        {problem && (
          <Notice
            tone="bad"
            title="The server does not answer; what you see is the last that was known."
            hint={problem.hint}
          />
        )}
        <Body
          stream={stream}
          view={view}
          at={at}
          onChange={channelPoll.refresh}
          onStreamChange={streamPoll.refresh}
        />
      </div>
    </>
  );
}

interface BodyProps {
  stream: StreamView;
  view: ChannelView | undefined;
  at: number | undefined;
  onChange: () => void;
  onStreamChange: () => void;
}

function Body({ stream, view, at, onChange, onStreamChange }: BodyProps) {
  const connect = <Connect stream={stream} keyHint={view?.key_hint} onRotated={onChange} />;
  const pull = <Pull channel={stream.channel} />;
  const slate = <Slate channel={stream.channel} />;
  const settings = (
    <>
      <Recordings channel={stream.channel} />
      <Privacy channel={stream.channel} />
      <Settings stream={stream} onChange={onChange} />
    </>
  );
  switch (stream.state) {
    case "offline":
      return (
        <>
          <Refusals notes={stream.refusals} />
          <Offline stream={stream} />
          {connect}
          {pull}
          {slate}
          {settings}
        </>
      );
    case "ended":
      return (
        <>
          <Summary stream={stream} />
          <Refusals notes={stream.refusals} />
          <HealthNotes notes={stream.notes} ended />
          {connect}
          {pull}
          {slate}
          {settings}
        </>
      );
    default:
      return (
        <>
          <LiveView stream={stream} at={at} onChange={onStreamChange} />
          <Publishers stream={stream} onSwitched={onStreamChange} />
          <Refusals notes={stream.refusals} />
          <HealthNotes notes={stream.notes} />
          {connect}
          {pull}
          {slate}
          {settings}
        </>
      );
  }
}

function Head({ stream, onStopped }: { stream: StreamView; onStopped: () => void }) {
  const [stopping, setStopping] = useState(false);
  return (
    <>
      <p class="crumb small">
        <a href="/studio">Your channels</a>
      </p>
      <div class="page-head">
        <div class="title">
          <h1>{stream.title || stream.channel}</h1>
          <StatePill state={stream.state} />
        </div>
        <div class="buttons">
          <a class="button" href={`/watch/${stream.channel}`} target="_blank" rel="noopener">
            <Icon name="external" size={16} />
            Watch page
          </a>
          {stream.publisher && (
            <button type="button" class="button" data-kind="danger" onClick={() => setStopping(true)}>
              Stop publisher
            </button>
          )}
        </div>
      </div>
      {stopping && (
        <Confirm
          title="Stop the publisher?"
          action="Stop publisher"
          onClose={() => setStopping(false)}
          onConfirm={async () => {
            await streams.stopPublisher(stream.channel);
            onStopped();
          }}
        >
          <p>
            The connection is closed now. An encoder that reconnects by itself comes back; to keep it out,
            rotate the key.
          </p>
        </Confirm>
      )}
    </>
  );
}

function Loading({ channel }: { channel: string }) {
  return (
    <div class="stack" aria-busy="true">
      <div class="page-head">
        <h1>{channel}</h1>
      </div>
      <div class="live-grid">
        <Skeleton height="18rem" />
        <Skeleton height="18rem" />
      </div>
    </div>
  );
}

function Unknown({ channel }: { channel: string }) {
  return (
    <section class="card empty">
      <h1>There is no channel “{channel}”</h1>
      <p>It may have been deleted, or the address was mistyped.</p>
      <a class="button" href="/studio">
        Your channels
      </a>
    </section>
  );
}
