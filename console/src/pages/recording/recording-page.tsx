/** A recording to watch, to save, to cut; or, as `past`, a running stream from as far back as it is kept. */

import { useEffect, useRef, useState } from "preact/hooks";
import { watchRecording } from "../../api/client";
import { usePoll } from "../../api/poll";
import { sessionState } from "../../api/session";
import { tokenIn } from "../../player/access";
import { clock, dateTime } from "../../ui/format";
import { Notice, Pill, ProblemNotice, Skeleton, useTitle } from "../../ui/kit";
import { type Cut, Cutter } from "./cutter";
import "./recording.css";
import { readStoryboard, type Tile } from "./storyboard";
import { Timeline } from "./timeline";
import type { VodSource } from "./vod-source";

/** In the place of a recording's id: the running stream. */
const PAST = "past";

const POLL_MS = 15_000;
const PICTURES_MS = 30_000;

export default function RecordingPage({ channel, recording }: { channel: string; recording: string }) {
  return recording === PAST ? <Past channel={channel} /> : <Kept channel={channel} recording={recording} />;
}

function Past({ channel }: { channel: string }) {
  const token = tokenIn(location.search);
  const below = token ? `~${encodeURIComponent(token)}/` : "";
  useTitle(`${channel} · from earlier`);
  return (
    <>
      <div class="page-head">
        <h1>{channel}, from earlier</h1>
        <a class="button" data-kind="primary" href={`/watch/${channel}${location.search}`}>
          Watch live
        </a>
      </div>
      <Viewer url={`/live/${below}${encodeURIComponent(channel)}/dvr.m3u8`} lengthS={0} />
    </>
  );
}

function Kept({ channel, recording }: { channel: string; recording: string }) {
  const token = tokenIn(location.search);
  const poll = usePoll(
    `recording ${recording}`,
    (signal) => watchRecording(channel, recording, token, signal),
    { everyMs: POLL_MS },
  );
  const { data: view, problem } = poll.state.value;
  useTitle(`${view?.title || channel} · recording`);
  if (problem?.status === 404) return <Gone channel={channel} />;
  if (!view) return problem ? <ProblemNotice problem={problem} /> : <Skeleton height="60vh" />;
  return (
    <>
      <div class="page-head">
        <div class="title">
          <h1>{view.title || channel}</h1>
          {view.state === "growing" && <Pill tone="warn">Still growing</Pill>}
          {view.state === "partial" && <Pill tone="warn">Some of it is missing</Pill>}
        </div>
        <div class="buttons">
          <a
            class="button"
            href={`/download/${channel}/${recording}.mp4${token ? `?token=${encodeURIComponent(token)}` : ""}`}
            download
          >
            Download MP4
          </a>
        </div>
      </div>
      <Viewer
        key={recording}
        url={view.hls}
        lengthS={view.duration_s}
        pictures={view.hls.replace(/\/index\.m3u8$/, "")}
        cuts={sessionState.value === "in" ? recording : undefined}
      />
      <p class="muted small">
        {dateTime(view.started_at)} · {clock(view.duration_s)} ·{" "}
        <a href={`/watch/${channel}${location.search}`}>{channel}</a>
      </p>
    </>
  );
}

interface ViewerProps {
  url: string;
  /** As far as it is known beforehand, seconds. */
  lengthS: number;
  /** Below which poster and storyboard are. */
  pictures?: string;
  /** The recording that clips may be cut from. */
  cuts?: string | undefined;
}

function Viewer({ url, lengthS, pictures, cuts }: ViewerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [atS, setAtS] = useState(0);
  const [playableS, setPlayableS] = useState(0);
  const [gone, setGone] = useState(false);
  const [cut, setCut] = useState<Cut>();
  const tiles = useStoryboard(pictures);
  const shownS = Math.max(lengthS, playableS);

  useEffect(() => {
    let source: VodSource | undefined;
    let left = false;
    void import("./vod-source").then(({ openVod }) => {
      if (!left && video.current) {
        source = openVod(video.current, url, pictures ? 0 : undefined, () => setGone(true));
      }
    });
    return () => {
      left = true;
      source?.destroy();
    };
  }, [url, pictures]);

  function seek(toS: number) {
    if (video.current) video.current.currentTime = toS;
    setAtS(toS);
  }

  function measure() {
    const element = video.current;
    if (!element) return;
    setAtS(element.currentTime);
    const end = element.seekable.length ? element.seekable.end(element.seekable.length - 1) : 0;
    setPlayableS(Number.isFinite(element.duration) ? element.duration : end);
  }

  return (
    <div class="stack">
      {/* biome-ignore lint/a11y/useMediaCaption: recordings have no captions yet */}
      <video
        ref={video}
        class="recording-video"
        controls
        playsInline
        poster={pictures ? `${pictures}/poster.jpg` : undefined}
        onTimeUpdate={measure}
        onDurationChange={measure}
      />
      {gone && (
        <Notice
          tone="bad"
          title="This cannot be played any more."
          hint="It may have ended or been removed."
        />
      )}
      <Timeline lengthS={shownS} atS={atS} tiles={tiles} base={pictures ?? ""} cut={cut} onSeek={seek} />
      {cuts && <Cutter recording={cuts} atS={atS} cut={cut} onCut={setCut} />}
    </div>
  );
}

/** The storyboard, as soon as it is drawn. */
function useStoryboard(pictures: string | undefined): readonly Tile[] {
  const [tiles, setTiles] = useState<readonly Tile[]>([]);
  useEffect(() => {
    if (!pictures) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function ask() {
      try {
        const answer = await fetch(`${pictures}/storyboard.vtt`, { signal: leaving.signal });
        if (answer.ok) {
          setTiles(readStoryboard(await answer.text()));
          return;
        }
      } catch {
        if (leaving.signal.aborted) return;
      }
      timer = setTimeout(ask, PICTURES_MS);
    }
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [pictures]);
  return tiles;
}

function Gone({ channel }: { channel: string }) {
  return (
    <section class="card empty">
      <h1>This recording is not there</h1>
      <p>It may have been removed, or the address was mistyped.</p>
      <a class="button" href={`/watch/${channel}`}>
        The channel
      </a>
    </section>
  );
}
