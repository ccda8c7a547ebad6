/** Seeking in the DVR window: the right end is live, so the thumb rests there while the window slides along. */

import { useState } from "preact/hooks";
import type { LivePlayer } from "../../player/live-player";
import { spokenPosition } from "../../player/timeline";
import { clock } from "../../ui/format";

export function SeekBar({ player }: { player: LivePlayer }) {
  const { windowS, behindS, following } = player.view.value;
  const [draggedS, setDragged] = useState<number>();
  const shownS = draggedS ?? (following ? 0 : Math.min(behindS, windowS));
  return (
    <div class="seek">
      {draggedS !== undefined && (
        <output class="seek-tip figure" style={{ left: `${(1 - draggedS / windowS) * 100}%` }}>
          −{clock(draggedS)}
        </output>
      )}
      <input
        class="slider"
        type="range"
        aria-label="Position"
        aria-valuetext={spokenPosition(shownS)}
        min={-windowS}
        max="0"
        step="0.1"
        value={-shownS}
        style={{ "--filled": `${(1 - shownS / windowS) * 100}%` }}
        onInput={(event) => setDragged(-event.currentTarget.valueAsNumber)}
        onChange={(event) => {
          player.seekBehind(-event.currentTarget.valueAsNumber);
          setDragged(undefined);
        }}
      />
    </div>
  );
}
