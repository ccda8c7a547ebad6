/** What lies over the picture when it alone does not tell: every state has its words and its next step. */

import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/problem";
import type { WatchView } from "../../api/types";
import type { LivePlayer } from "../../player/live-player";
import { clock } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { useNow } from "../../ui/kit";
import type { Scene } from "./stage";

interface OverlayProps {
  scene: Scene;
  view: WatchView | undefined;
  problem?: Problem | undefined;
  channel: string;
  player: LivePlayer | undefined;
}

/** A short wait is not worth a spinner. */
const SPINNER_AFTER_MS = 500;

export function Overlay({ scene, view, problem, channel, player }: OverlayProps) {
  const playerView = player?.view.value;
  return (
    <>
      <div class="overlay" role="status">
        <Words scene={scene} view={view} problem={problem} channel={channel} player={player} />
      </div>
      {playerView?.soundRefused && scene === "playing" && (
        <button type="button" class="unmute" onClick={() => player?.toggleMute()}>
          <Icon name="muted" />
          Tap to unmute
        </button>
      )}
      {playerView?.playRefused && (
        <button type="button" class="big-play" aria-label="Play" onClick={() => player?.togglePlay()}>
          <Icon name="play" size={44} />
        </button>
      )}
    </>
  );
}

function Words({ scene, view, problem, channel, player }: OverlayProps) {
  switch (scene) {
    case "playing":
      return null;
    case "loading":
    case "buffering":
      return <Spinner label={scene === "loading" ? "Loading" : "Waiting for the stream"} />;
    case "starting":
      return (
        <Message title="Starting…" spinner>
          The publisher is connected; the picture comes in a moment.
        </Message>
      );
    case "offline":
      return (
        <Message title="This stream hasn't started">Keep this page open: it begins here by itself.</Message>
      );
    case "interrupted":
      return <Interrupted sinceS={view?.state_since ?? 0} />;
    case "ended":
      return (
        <Message title="The stream has ended">
          Thanks for watching. If it begins again, this page shows it.
          <button type="button" class="stage-button" onClick={() => player?.play("start")}>
            Watch the last minutes again
          </button>
        </Message>
      );
    case "unknown-channel":
      return (
        <Message title="There is no such channel">
          Nothing is called “{channel}” here. Check the address, or ask whoever gave it to you.
        </Message>
      );
    case "private":
      return <Private problem={problem} />;
    case "unreachable":
      return (
        <Message title="The server does not answer" spinner>
          Trying again by itself. If this lasts, check your connection.
        </Message>
      );
    case "unsupported":
      return (
        <Message title="This browser cannot play the stream">
          It has neither Media Source Extensions nor HLS of its own. A current Chrome, Edge, Firefox or Safari
          plays it.
        </Message>
      );
  }
}

const REFUSED: Record<string, { title: string; words: string }> = {
  "token-expired": { title: "This link has expired", words: "Ask whoever gave it to you for a new one." },
  "token-not-yet-valid": {
    title: "It is not time yet",
    words: "This link begins to work later. Keep this page open.",
  },
  "token-wrong-address": {
    title: "This link is for another network",
    words: "It was made for another address than yours. Ask for one that works here.",
  },
  "token-wrong-channel": {
    title: "This link is for another stream",
    words: "Check that you have the right one.",
  },
  "token-invalid": {
    title: "This link does not work",
    words: "Check that it is whole, or ask for a new one.",
  },
};

function Private({ problem }: { problem: Problem | undefined }) {
  const { title, words } = REFUSED[problem?.code ?? ""] ?? {
    title: "This stream is private",
    words: "Open the private link you were given.",
  };
  return <Message title={title}>{words}</Message>;
}

function Message({
  title,
  children,
  spinner,
}: {
  title: string;
  children: preact.ComponentChildren;
  spinner?: boolean;
}) {
  return (
    <div class="stage-message">
      {spinner && <span class="spinner" />}
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  );
}

function Interrupted({ sinceS }: { sinceS: number }) {
  const now = useNow();
  return (
    <div class="stage-bar">
      <span class="spinner" />
      <p>
        <strong>The stream was interrupted.</strong> It continues here by itself.
        {sinceS > 0 && (
          <span class="figure" aria-hidden="true">
            {" "}
            {clock(now - sinceS)}
          </span>
        )}
      </p>
    </div>
  );
}

function Spinner({ label }: { label: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SPINNER_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div class="stage-wait">
      <span class="spinner" data-size="l" />
      <span class="visually-hidden">{label}</span>
    </div>
  );
}
