/** A running stream: its picture, its audience, and what arrives against what leaves. */

import type { StreamView, TrackStats } from "../../api/types";
import { bitrate, bytes, codecName, count, duration, resolution, seconds, UNKNOWN } from "../../ui/format";
import { useHistory } from "../../ui/history";
import { Notice, useNow } from "../../ui/kit";
import { Trend } from "../../ui/trend";
import { ClipButton } from "../recording/clip-button";
import { Ladder, madeHere } from "./ladder";
import { Preview } from "./preview";

const kbps = (value: number) => bitrate(value * 1000);
const fps = (value: number) => (Number.isFinite(value) ? `${value.toFixed(1)} fps` : UNKNOWN);

interface LiveViewProps {
  stream: StreamView;
  at: number | undefined;
  onChange: () => void;
}

export function LiveView({ stream, at, onChange }: LiveViewProps) {
  const now = useNow();
  const arriving = stream.tracks.filter((track) => !madeHere(stream, track));
  const video = arriving.find(({ kind }) => kind === "video");
  const total = arriving.reduce((sum, track) => sum + track.kbps, 0);
  const history = useHistory(at, [total, video?.fps ?? 0, stream.viewers]);
  return (
    <>
      {stream.state === "interrupted" && (
        <Notice
          tone="warn"
          title={`The publisher is gone since ${duration(now - stream.state_since)}; viewers ${stream.slate === "on air" ? "see the slate" : "wait"}.`}
          hint="Start the encoder again with the same key within a minute and the same stream goes on; after that it ends."
        />
      )}
      {stream.state === "starting" && (
        <Notice
          tone="warn"
          title="The publisher is connected; the first keyframe is awaited."
          hint="If this lasts longer than a few seconds, set the encoder's keyframe interval to 2 s."
        />
      )}
      <div class="live-grid">
        <div class="stack">
          <Preview channel={stream.channel} state={stream.state} />
          <ClipButton channel={stream.channel} signedIn />
        </div>
        <section class="card live-facts" aria-label="Now">
          <dl class="facts">
            <Fact name="Viewers" value={count(stream.viewers)} />
            <Fact name="Peak" value={count(stream.peak_viewers)} />
            <Fact name="Running" value={duration(now - stream.started_at)} />
            <Fact name="Received" value={bytes(stream.bytes_in)} />
          </dl>
          <div class="trends">
            <Trend name="Arriving" column={1} history={history} format={kbps} />
            {video && <Trend name="Frame rate" column={2} history={history} format={fps} />}
            <Trend name="Viewers" column={3} history={history} format={count} ceiling={4} />
          </div>
        </section>
      </div>
      <Ladder stream={stream} onChange={onChange} />
      <Flow stream={stream} />
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** What arrives beside what leaves, so that a difference is seen. */
function Flow({ stream }: { stream: StreamView }) {
  const { publisher, tracks } = stream;
  const own = tracks.filter((track) => !madeHere(stream, track));
  return (
    <div class="flow">
      <section class="card" aria-labelledby="arrives-title">
        <h2 id="arrives-title">What arrives</h2>
        {own.map((track) => (
          <Rows
            key={track.name}
            heading={track.kind === "video" ? "Video" : "Audio"}
            rows={arriving(track)}
          />
        ))}
        <Rows
          heading="Publisher"
          rows={[
            ["Encoder", publisher?.encoder || UNKNOWN],
            ["Protocol", publisher?.protocol.toUpperCase() ?? UNKNOWN],
            ["From", publisher?.remote || UNKNOWN],
          ]}
        />
      </section>
      <section class="card" aria-labelledby="leaves-title">
        <h2 id="leaves-title">What leaves</h2>
        {tracks.map((track) => (
          <Rows
            key={track.name}
            heading={madeHere(stream, track) ? `${track.name}, made here` : leavingName(track)}
            rows={leaving(track)}
          />
        ))}
        <Rows
          heading="Delivery"
          rows={[
            ["Playable after", stream.playable_after_s ? seconds(stream.playable_after_s) : UNKNOWN],
            ["Parts made", count(stream.parts)],
            ["Discontinuities", count(stream.discontinuities)],
          ]}
        />
      </section>
    </div>
  );
}

type Row = [name: string, value: string];

export function arriving(track: TrackStats): Row[] {
  const common: Row[] = [
    ["Codec", track.codec ? `${codecName(track.codec)} (${track.codec})` : UNKNOWN],
    ["Bitrate", track.kbps ? kbps(track.kbps) : UNKNOWN],
  ];
  if (track.kind === "video") {
    return [
      ...common,
      ["Picture", resolution(track.width, track.height)],
      ["Frame rate", track.fps ? fps(track.fps) : UNKNOWN],
      ["Keyframe every", track.gop_s ? seconds(track.gop_s) : UNKNOWN],
    ];
  }
  return [
    ...common,
    ["Sampling", track.sample_rate ? `${track.sample_rate / 1000} kHz` : UNKNOWN],
    ["Channels", { 0: UNKNOWN, 1: "Mono", 2: "Stereo" }[track.channels] ?? String(track.channels)],
  ];
}

function leavingName(track: TrackStats): string {
  if (track.kind !== "video") return "Audio, as it arrives";
  return track.height ? `${track.height}p, as it arrives` : "Video, as it arrives";
}

export function leaving(track: TrackStats): Row[] {
  return [
    ["Bitrate", track.kbps ? kbps(track.kbps) : UNKNOWN],
    ["Parts of", track.part_target_s ? seconds(track.part_target_s) : UNKNOWN],
    ["Segments of", track.segment_s ? seconds(track.segment_s) : UNKNOWN],
  ];
}

function Rows({ heading, rows }: { heading: string; rows: Row[] }) {
  return (
    <div class="rows">
      <h3>{heading}</h3>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="figure">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
