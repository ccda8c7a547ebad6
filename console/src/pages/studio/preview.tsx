/** The picture as viewers have it, muted, so that the studio hears no echo of itself. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { StreamState } from "../../api/types";
import { LivePlayer } from "../../player/live-player";
import { seconds } from "../../ui/format";

export function Preview({ channel, state }: { channel: string; state: StreamState }) {
  const video = useRef<HTMLVideoElement>(null);
  const player = useSignal<LivePlayer | undefined>(undefined);
  const playable = state === "live" || state === "interrupted";

  useEffect(() => {
    if (!video.current || !playable) return;
    const made = new LivePlayer({
      video: video.current,
      channel,
      url: `/live/${encodeURIComponent(channel)}/index.m3u8`,
    });
    player.value = made;
    made.play();
    return () => {
      made.destroy();
      player.value = undefined;
    };
  }, [channel, playable, player]);
  useEffect(() => player.value?.streamIs(state), [player.value, state]);

  const view = player.value?.view.value;
  const latencyS = view?.latencyS ?? Number.NaN;
  return (
    <figure class="preview">
      <div class="preview-stage">
        <video ref={video} muted playsInline aria-label="Preview, muted" />
        {!view?.started && (
          <span class="preview-wait">{playable ? "Loading the picture…" : "No picture yet"}</span>
        )}
      </div>
      <figcaption class="muted small figure">
        Preview, as viewers see it
        {view?.phase === "playing" && Number.isFinite(latencyS) && ` · ${seconds(latencyS, 1)} latency`}
      </figcaption>
    </figure>
  );
}
