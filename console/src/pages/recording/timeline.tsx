/** The whole length as one strip: where one is, what is there (a picture on hover), and, for cutting, from where to where. */

import { useRef, useState } from "preact/hooks";
import { clock } from "../../ui/format";
import { type Tile, tileAt } from "./storyboard";

interface TimelineProps {
  lengthS: number;
  atS: number;
  tiles: readonly Tile[];
  /** Below which the tiles' pictures are. */
  base: string;
  cut: { beginS: number; endS: number } | undefined;
  onSeek: (atS: number) => void;
}

const STEP_S = 5;

export function Timeline({ lengthS, atS, tiles, base, cut, onSeek }: TimelineProps) {
  const strip = useRef<HTMLDivElement>(null);
  const [hoverS, setHoverS] = useState<number>();
  const share = (s: number) => `${(Math.min(1, Math.max(0, s / (lengthS || 1))) * 100).toFixed(3)}%`;

  function pointed(event: PointerEvent): number {
    const box = strip.current?.getBoundingClientRect();
    if (!box?.width) return 0;
    return Math.min(lengthS, Math.max(0, ((event.clientX - box.left) / box.width) * lengthS));
  }

  function onKeyDown(event: KeyboardEvent) {
    const steps: Record<string, number> = {
      ArrowLeft: atS - STEP_S,
      ArrowRight: atS + STEP_S,
      Home: 0,
      End: lengthS,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onSeek(Math.min(lengthS, Math.max(0, to)));
  }

  const tile = hoverS === undefined ? undefined : tileAt(tiles, hoverS);
  return (
    <div class="timeline">
      <div
        ref={strip}
        class="timeline-strip"
        role="slider"
        tabIndex={0}
        aria-label="Position"
        aria-valuemin={0}
        aria-valuemax={Math.round(lengthS)}
        aria-valuenow={Math.round(atS)}
        aria-valuetext={`${clock(atS)} of ${clock(lengthS)}`}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => setHoverS(pointed(event))}
        onPointerLeave={() => setHoverS(undefined)}
        onPointerDown={(event) => onSeek(pointed(event))}
      >
        <div class="timeline-past" style={{ width: share(atS) }} />
        {cut && (
          <div
            class="timeline-cut"
            style={{ left: share(cut.beginS), width: share(Math.max(0, cut.endS - cut.beginS)) }}
          />
        )}
        <div class="timeline-now" style={{ left: share(atS) }} />
      </div>
      {hoverS !== undefined && (
        <div class="timeline-hover" style={{ left: share(hoverS) }} aria-hidden="true">
          {tile && (
            <div
              class="timeline-tile"
              style={{
                width: `${tile.width}px`,
                height: `${tile.height}px`,
                backgroundImage: `url("${base}/${tile.file}")`,
                backgroundPosition: `-${tile.x}px -${tile.y}px`,
              }}
            />
          )}
          <span class="num">{clock(hoverS)}</span>
        </div>
      )}
    </div>
  );
}
