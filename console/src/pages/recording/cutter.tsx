/** Cut a clip: from here, to here, done. The clip is made in the background and shows up when it is there. */

import { useEffect, useState } from "preact/hooks";
import { recordings } from "../../api/client";
import { Problem } from "../../api/problem";
import type { RecordingView } from "../../api/types";
import { clock, percent } from "../../ui/format";
import { Notice, ProblemNotice } from "../../ui/kit";

export interface Cut {
  beginS: number;
  endS: number;
}

interface CutterProps {
  recording: string;
  atS: number;
  cut: Cut | undefined;
  onCut: (cut: Cut | undefined) => void;
}

const ASK_MS = 1_000;
/** Longest clip the server encodes anew. */
const EXACT_MAX_S = 60;

export function Cutter({ recording, atS, cut, onCut }: CutterProps) {
  const [title, setTitle] = useState("");
  const [exact, setExact] = useState(false);
  const [clip, setClip] = useState<RecordingView>();
  const [problem, setProblem] = useState<Problem>();

  useEffect(() => {
    if (clip?.state !== "making") return;
    const timer = setTimeout(async () => {
      try {
        setClip(await recordings.read(clip.id));
      } catch {
        setClip({ ...clip });
      }
    }, ASK_MS);
    return () => clearTimeout(timer);
  }, [clip]);

  async function make() {
    if (!cut) return;
    setProblem(undefined);
    try {
      setClip(await recordings.cut(recording, cut.beginS, cut.endS, title.trim(), exact ? "frame" : "gop"));
      onCut(undefined);
      setTitle("");
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    }
  }

  const beginS = cut?.beginS ?? 0;
  const lengthS = cut ? cut.endS - cut.beginS : 0;
  const tooLong = exact && lengthS > EXACT_MAX_S;
  const valid = lengthS >= 1 && !tooLong;
  return (
    <section class="card" aria-labelledby="cut-title">
      <h2 id="cut-title">Cut a clip</h2>
      <p class="muted small">
        Play to where it should begin, then to where it should end. A clip is cut at keyframes, a second or
        two around these places; or at the very pictures, which takes longer.
      </p>
      <div class="cutter">
        <button
          type="button"
          class="button"
          onClick={() => onCut({ beginS: atS, endS: Math.max(atS, cut?.endS ?? atS) })}
        >
          Begin here
        </button>
        <button
          type="button"
          class="button"
          onClick={() => onCut({ beginS: Math.min(beginS, atS), endS: atS })}
        >
          End here
        </button>
        <span class="num" role="status">
          {cut ? `${clock(cut.beginS)} – ${clock(cut.endS)}` : "Nothing chosen yet"}
        </span>
      </div>
      <label class="check">
        <input type="checkbox" checked={exact} onChange={(event) => setExact(event.currentTarget.checked)} />
        Exact to the frame, up to a minute
      </label>
      {tooLong && (
        <p class="small" role="status">
          This is {clock(lengthS)}: choose a minute at most, or cut at keyframes.
        </p>
      )}
      <div class="cutter">
        <div class="field">
          <label for="clip-name">Title</label>
          <input
            id="clip-name"
            maxLength={200}
            value={title}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </div>
        <button type="button" class="button" data-kind="primary" disabled={!valid} onClick={make}>
          Cut clip
        </button>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {clip?.state === "making" && (
        <p role="status">
          <progress value={clip.progress} max={1} /> Cutting, {percent(clip.progress, 1)}
        </p>
      )}
      {clip?.state === "failed" && (
        <Notice tone="bad" title="The clip could not be cut." hint={clip.reason} />
      )}
      {clip?.state === "ready" && (
        <Notice tone="ok" title={`The clip is ready: ${clock(clip.duration_s)}`}>
          <p class="buttons">
            <a class="button" data-size="s" href={`/watch/${clip.channel}/${clip.id}`}>
              Watch
            </a>
            <a class="button" data-size="s" href={clip.playback.mp4} download>
              Download MP4
            </a>
          </p>
        </Notice>
      )}
    </section>
  );
}
