/** The bar under the picture: play, sound, live edge, seeking, quality, captions, picture-in-picture, full screen. */

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Command, commandOf } from "../../player/keyboard";
import type { LivePlayer } from "../../player/live-player";
import { saveVolume } from "../../player/preferences";
import { OFF } from "../../player/source";
import { isLive, spokenPosition } from "../../player/timeline";
import type { PlayerView } from "../../player/view";
import { clock, seconds } from "../../ui/format";
import { Icon, type IconName } from "../../ui/icons";
import { Help } from "./help";
import { CaptionMenu, QualityMenu } from "./menus";
import { SeekBar } from "./seek-bar";
import type { Scene } from "./stage";
import { useActivity, useFullscreen } from "./stage-hooks";
import { StatsPanel } from "./stats-panel";

const SEEK_S = 5;
const VOLUME_STEP = 0.1;

interface ControlsProps {
  player: LivePlayer;
  stage: RefObject<HTMLDivElement | null>;
  scene: Scene;
}

export function Controls({ player, stage, scene }: ControlsProps) {
  const view = player.view.value;
  const [help, setHelp] = useState(false);
  const [stats, setStats] = useState(false);
  const { fullscreen, toggleFullscreen } = useFullscreen(stage);
  const active = useActivity(stage);

  function run(command: Command): void {
    switch (command) {
      case "toggle-play":
        player.togglePlay();
        break;
      case "toggle-mute":
        player.toggleMute();
        remember(player);
        break;
      case "fullscreen":
        toggleFullscreen();
        break;
      case "go-live":
        player.goLive();
        break;
      case "back":
        player.seekBy(-SEEK_S);
        break;
      case "forward":
        player.seekBy(SEEK_S);
        break;
      case "louder":
      case "quieter":
        player.setVolume(
          (view.muted ? 0 : view.volume) + (command === "louder" ? VOLUME_STEP : -VOLUME_STEP),
        );
        remember(player);
        break;
      case "captions":
        player.setCaption(view.caption === OFF ? (view.captions[0]?.id ?? OFF) : OFF);
        break;
      case "stats":
        setStats((shown) => !shown);
        break;
      case "help":
        setHelp((shown) => !shown);
    }
  }

  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      const command = commandOf(event);
      if (!command) return;
      event.preventDefault();
      run(command);
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  const visible = active || !view.started || view.phase === "paused" || scene === "interrupted";
  return (
    <>
      {stats && <StatsPanel player={player} onClose={() => setStats(false)} />}
      {view.started && (
        // biome-ignore lint/a11y: the picture is a large target for what the buttons and keys do too
        <div class="stage-click" onClick={() => run("toggle-play")} onDblClick={() => run("fullscreen")} />
      )}
      <div class="controls" data-visible={visible} hidden={!view.started}>
        {view.windowS > 0 && <SeekBar player={player} />}
        <div class="controls-row">
          <Button
            name={view.phase === "paused" ? "Play" : "Pause"}
            icon={view.phase === "paused" ? "play" : "pause"}
            keys="k"
            onClick={() => run("toggle-play")}
          />
          <Volume player={player} view={view} onMute={() => run("toggle-mute")} />
          <LiveButton view={view} onClick={() => run("go-live")} />
          <Latency view={view} />
          <span class="controls-space" />
          {view.captions.length > 0 && <CaptionMenu player={player} view={view} />}
          {view.qualities.length > 1 && <QualityMenu player={player} view={view} />}
          <Button name="Statistics" icon="chart" keys="i" pressed={stats} wide onClick={() => run("stats")} />
          {document.pictureInPictureEnabled && (
            <Button name="Picture in picture" icon="pip" wide onClick={() => void togglePip(stage)} />
          )}
          <Button
            name={fullscreen ? "Leave full screen" : "Full screen"}
            icon={fullscreen ? "windowed" : "fullscreen"}
            keys="f"
            onClick={toggleFullscreen}
          />
        </div>
      </div>
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

interface ButtonProps {
  name: string;
  icon: IconName;
  keys?: string;
  pressed?: boolean;
  /** Left out where there is little room. */
  wide?: boolean;
  onClick: () => void;
}

function Button({ name, icon, keys, pressed, wide, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      class="control"
      data-wide={wide}
      aria-label={name}
      aria-keyshortcuts={keys}
      aria-pressed={pressed}
      title={keys ? `${name} (${keys})` : name}
      onClick={onClick}
    >
      <Icon name={icon} size={22} />
    </button>
  );
}

function Volume({ player, view, onMute }: { player: LivePlayer; view: PlayerView; onMute: () => void }) {
  const silent = view.muted || view.volume === 0;
  return (
    <span class="volume">
      <Button
        name={silent ? "Unmute" : "Mute"}
        icon={silent ? "muted" : "volume"}
        keys="m"
        onClick={onMute}
      />
      <input
        class="slider"
        type="range"
        min="0"
        max="1"
        step="0.05"
        aria-label="Volume"
        value={silent ? 0 : view.volume}
        style={{ "--filled": `${(silent ? 0 : view.volume) * 100}%` }}
        onInput={(event) => {
          player.setVolume(event.currentTarget.valueAsNumber);
          remember(player);
        }}
      />
    </span>
  );
}

/** Says whether the picture is live; brings it there where it is not. */
function LiveButton({ view, onClick }: { view: PlayerView; onClick: () => void }) {
  const live = view.following || (view.phase !== "paused" && isLive(view.behindS));
  return (
    <button
      type="button"
      class="live-button"
      data-live={live}
      aria-label={live ? "Live" : `Go to live, now ${spokenPosition(view.behindS)}`}
      aria-keyshortcuts="l"
      onClick={onClick}
    >
      <span class="live-dot" />
      {live ? "Live" : "Go live"}
      {!live && <span class="figure live-behind">−{clock(view.behindS)}</span>}
    </button>
  );
}

function Latency({ view }: { view: PlayerView }) {
  if (!view.following || view.phase !== "playing" || !Number.isFinite(view.latencyS)) return null;
  return (
    <span class="latency figure" title="From the publisher's arrival at the server to your screen">
      {seconds(view.latencyS, 1)} <span class="latency-word">latency</span>
    </span>
  );
}

async function togglePip(stage: RefObject<HTMLDivElement | null>): Promise<void> {
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await stage.current?.querySelector("video")?.requestPictureInPicture();
  } catch {
    // refused by the browser or before metadata: the button simply does nothing
  }
}

function remember(player: LivePlayer): void {
  const { volume, muted } = player.view.peek();
  saveVolume({ volume, muted });
}
