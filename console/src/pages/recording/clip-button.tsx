/** "Clip last 30 s": one press cuts what was just on air; what has become of it stands beside the button. */

import { useEffect, useState } from "preact/hooks";
import { clips, recordings, watchRecording } from "../../api/client";
import { Problem } from "../../api/problem";
import type { RecordingView, WatchRecordingView } from "../../api/types";
import { clock, percent } from "../../ui/format";
import { Notice, ProblemNotice } from "../../ui/kit";
import "./clip-button.css";

const LAST_S = 30;
const ASK_MS = 1_000;
/** A clip that cannot be asked after for so many turns is given up; it is in the channel's recordings all the same. */
const SILENT_MAX = 30;

/** What both kinds of caller learn of their clip. */
interface Made {
  id: string;
  state: RecordingView["state"];
  progress: number;
  durationS: number;
  page: string;
  mp4: string;
}

interface ClipButtonProps {
  channel: string;
  /** Whether whoever looks is signed in; else it is a viewer, with the page's token where it has one. */
  signedIn: boolean;
  token?: string;
}

export function ClipButton({ channel, signedIn, token = "" }: ClipButtonProps) {
  const [made, setMade] = useState<Made>();
  const [problem, setProblem] = useState<Problem>();
  const [asking, setAsking] = useState(false);
  const [silent, setSilent] = useState(0);
  const making = made?.state === "making";

  useEffect(() => {
    if (!made || !making || silent >= SILENT_MAX) return;
    const leaving = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const now = signedIn
          ? ofRecording(await recordings.read(made.id, leaving.signal))
          : ofViewers(await watchRecording(channel, made.id, token, leaving.signal));
        setSilent(0);
        setMade(now);
      } catch {
        if (!leaving.signal.aborted) setSilent(silent + 1);
      }
    }, ASK_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [made, making, silent, signedIn, channel, token]);

  async function cut() {
    setProblem(undefined);
    setMade(undefined);
    setSilent(0);
    setAsking(true);
    try {
      setMade(
        signedIn
          ? ofRecording(await clips.cutLast(channel, LAST_S))
          : ofViewers(await clips.cutLastAsViewer(channel, LAST_S, token)),
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally {
      setAsking(false);
    }
  }

  const lost = making && silent >= SILENT_MAX;
  const busy = asking || (making && !lost);
  return (
    <div class="clip">
      <button type="button" class="button" data-size="s" disabled={busy} onClick={cut}>
        Clip last {LAST_S} s
      </button>
      {busy && (
        <span class="clip-progress small" role="status">
          <progress aria-label="The clip" value={made?.progress ?? 0} max={1} />
          Cutting, {percent(made?.progress ?? 0, 1)}
        </span>
      )}
      {problem && <ProblemNotice problem={problem} />}
      {lost && (
        <Notice tone="warn" title="The server does not say what became of the clip." hint="Look at its page.">
          <a href={made?.page}>Clip page</a>
        </Notice>
      )}
      {made?.state === "failed" && (
        <Notice tone="bad" title="The clip could not be cut." hint="Try once more in a moment." />
      )}
      {made?.state === "ready" && (
        <p class="clip-ready" role="status">
          <span>Clip of {clock(made.durationS)} ready:</span> <a href={made.page}>Watch the clip</a>
          <a href={made.mp4} download>
            Download MP4
          </a>
        </p>
      )}
    </div>
  );
}

function ofRecording({ id, state, progress, duration_s, playback }: RecordingView): Made {
  return { id, state, progress, durationS: duration_s, page: playback.watch, mp4: playback.mp4 };
}

function ofViewers({ id, state, progress, duration_s, watch, mp4 }: WatchRecordingView): Made {
  return { id, state, progress, durationS: duration_s, page: watch, mp4 };
}
