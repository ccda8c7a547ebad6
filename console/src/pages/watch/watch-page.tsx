/** The watch page: the video first, then what it is. The picture never waits for the API. */

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import * as client from "../../api/client";
import { usePoll } from "../../api/poll";
import type { WatchView } from "../../api/types";
import { takeToken, tokenIn } from "../../player/access";
import { LivePlayer } from "../../player/live-player";
import { playlistAddress, takeOpening } from "../../player/opening";
import { applyVolume, loadVolume } from "../../player/preferences";
import { count, duration } from "../../ui/format";
import { BrandMark, Icon } from "../../ui/icons";
import { Skeleton, StatePill, useNow, useTitle } from "../../ui/kit";
import { ClipButton } from "../recording/clip-button";
import { Controls } from "./controls";
import { exposeMeasurements } from "./measuring-port";
import { Overlay } from "./overlay";
import { refusesViewer, sceneOf, wantsSource } from "./stage";
import "./watch.css";

const POLL_MS = 3_000;
/** While a publisher is expected any moment, ask oftener: the first viewers wait for it. */
const EXPECTING_MS = 1_000;

export default function WatchPage({ channel }: { channel: string }) {
  const last = useRef<WatchView | undefined>(undefined);
  const expecting = useSignal(false);
  const token = tokenIn(location.search);
  const poll = usePoll(
    `watch ${channel} ${expecting.value}`,
    (signal) => client.watch(channel, token, signal),
    {
      everyMs: expecting.value ? EXPECTING_MS : POLL_MS,
      hidden: true,
    },
  );
  const view = poll.state.value.data ?? last.current;
  const problem = poll.state.value.problem;
  last.current = view;
  const player = usePlayer(channel, view?.title || channel);

  useEffect(() => {
    expecting.value = view !== undefined && view.state !== "live";
  }, [view, expecting]);
  useFollowAddress(player.value, view);
  useFollowState(player.value, view, problem?.status === 404 || refusesViewer(problem));
  useTitle(view ? `${view.title || channel} · Tidegate` : "Tidegate");

  const stage = useRef<HTMLDivElement>(null);
  const facts = useComputed(() => player.value?.view.value);
  const scene = sceneOf({
    view,
    problem,
    phase: facts.value?.phase ?? "idle",
    started: facts.value?.started ?? false,
  });

  return (
    <div class="watch">
      <main class="watch-main">
        <div class="stage" ref={stage} data-scene={scene}>
          <div ref={player.attach} class="stage-screen" />
          <Overlay scene={scene} view={view} problem={problem} channel={channel} player={player.value} />
          {player.value && <Controls player={player.value} stage={stage} scene={scene} />}
        </div>
        {scene !== "unknown-channel" && scene !== "private" && <About view={view} channel={channel} />}
      </main>
      <footer class="watch-foot">
        <a class="brand" href="/" aria-label="Tidegate">
          <BrandMark size={20} />
          <span>Tidegate</span>
        </a>
      </footer>
    </div>
  );
}

/** One player for the page's one video element: the one that plays already, if it was opened ahead of the page. */
function usePlayer(channel: string, label: string) {
  const player = useSignal<LivePlayer | undefined>(undefined);
  const screen = useRef<HTMLDivElement | null>(null);
  const shown = useRef<HTMLVideoElement | null>(null);
  useLayoutEffect(() => {
    if (!screen.current) return;
    const url = playlistAddress(encodeURIComponent(channel));
    const opening = takeOpening(url);
    const video = opening?.video ?? document.createElement("video");
    shown.current = video;
    if (!opening) {
      video.className = "stage-video";
      video.playsInline = true;
      applyVolume(video, loadVolume());
    }
    screen.current.replaceChildren(video);
    const made = new LivePlayer({ video, channel, url, opening, reports: true });
    player.value = made;
    made.play();
    const hide = exposeMeasurements(made);
    return () => {
      hide();
      made.destroy();
      player.value = undefined;
    };
  }, [channel, player]);
  useLayoutEffect(() => shown.current?.setAttribute("aria-label", label), [label, channel]);
  return {
    get value() {
      return player.value;
    },
    attach: (node: HTMLDivElement | null) => {
      screen.current = node;
    },
  };
}

/** A private channel's address holds a token: the server's word on the channel brings it, and later the next one. */
function useFollowAddress(player: LivePlayer | undefined, view: WatchView | undefined): void {
  const address = view?.access === "token" ? view.hls : undefined;
  useEffect(() => {
    if (player && address && takeToken(address)) player.moveTo(new URL(address, location.href).pathname);
  }, [player, address]);
}

/** Start and stop the source as the stream's state asks. */
function useFollowState(player: LivePlayer | undefined, view: WatchView | undefined, unknown: boolean): void {
  const state = view?.state;
  useEffect(() => {
    if (!player) return;
    if (state) player.streamIs(state);
    const wanted = !unknown && wantsSource(view);
    const { phase, started } = player.view.peek();
    if (wanted && (phase === "idle" || phase === "ended")) player.play();
    // an ended or unknown stream that shows a picture is left to the viewer
    if (!wanted && !started) player.stop();
  }, [player, state, unknown]);
}

function About({ view, channel }: { view: WatchView | undefined; channel: string }) {
  const now = useNow();
  if (!view) {
    return (
      <section class="about" aria-busy="true">
        <Skeleton width="min(20rem, 70%)" height="1.9rem" />
        <Skeleton width="12rem" height="1.2rem" />
      </section>
    );
  }
  const running = view.state === "live" || view.state === "interrupted";
  return (
    <section class="about" aria-label="About this stream">
      <h1>{view.title || channel}</h1>
      <p class="about-line">
        <StatePill state={view.state} />
        {running && (
          <span class="figure about-viewers">
            <Icon name="eye" size={18} />
            <span>
              {count(view.viewers)}
              <span class="muted"> watching</span>
            </span>
          </span>
        )}
        {running && view.started_at > 0 && (
          <span class="muted figure">Started {duration(now - view.started_at)} ago</span>
        )}
        {view.state === "ended" && (
          <span class="muted figure">Ended {duration(now - view.state_since)} ago</span>
        )}
        {running && (
          <a class="figure" href={`/watch/${encodeURIComponent(channel)}/past${location.search}`}>
            Watch from earlier
          </a>
        )}
      </p>
      {running && view.clips !== "nobody" && (
        <ClipButton
          channel={channel}
          signedIn={view.clips === "signed-in"}
          token={view.access === "token" ? tokenIn(location.search) : ""}
        />
      )}
    </section>
  );
}
