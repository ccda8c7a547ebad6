/** The ladder: smaller renditions made of the publisher's picture, what they cost, or why there are none. */

import { useState } from "preact/hooks";
import { ladders } from "../../api/client";
import { Problem } from "../../api/problem";
import type { LadderStatus, StreamView, TrackStats } from "../../api/types";
import { bitrate, resolution, UNKNOWN } from "../../ui/format";
import { Notice, ProblemNotice } from "../../ui/kit";

/** Whether a track was made here, and did not come from the publisher. */
export function madeHere(stream: StreamView, track: TrackStats): boolean {
  return stream.ladder.rungs.some(({ name }) => name === track.name);
}

export function Ladder({ stream, onChange }: { stream: StreamView; onChange: () => void }) {
  const { ladder, channel } = stream;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const off = ladder.state === "off";

  async function toggle() {
    setBusy(true);
    setProblem(undefined);
    try {
      await ladders.enable(channel, off);
      onChange();
    } catch (error) {
      setProblem(error instanceof Problem ? error : undefined);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section class="card ladder" aria-labelledby="ladder-title">
      <div class="ladder-head">
        <div>
          <h2 id="ladder-title">Quality ladder</h2>
          <p class="muted">{sentence(ladder)}</p>
        </div>
        <button type="button" class="button" disabled={busy} onClick={toggle}>
          {off ? "Make a ladder" : "Turn off"}
        </button>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {ladder.reason && (
        <Notice tone={ladder.state === "failed" ? "bad" : "warn"} title={ladder.reason} hint={ladder.hint} />
      )}
      {ladder.rungs.length > 0 && <Rungs ladder={ladder} />}
    </section>
  );
}

export function sentence(ladder: LadderStatus): string {
  switch (ladder.state) {
    case "off":
      return "Viewers get the publisher's own picture. A ladder adds smaller ones for thin networks.";
    case "waiting":
      return "It begins with the stream.";
    case "starting":
      return "It is starting.";
    case "running": {
      const cost = `${(ladder.cpu_cores * 100).toFixed(0)} % of a core`;
      const lag = ladder.lag_s >= 0.05 ? `, ${ladder.lag_s.toFixed(1)} s behind the source` : "";
      return `Made with ${ladder.encoder} (${ladder.preset}): ${cost}${lag}.`;
    }
    case "restarting":
      return "Its process ended and is starting again; viewers wait for a moment.";
    case "refused":
      return "Viewers get the publisher's own picture.";
    default:
      return "It does not stay up; it is tried again in a minute. Viewers get the publisher's own picture.";
  }
}

function Rungs({ ladder }: { ladder: LadderStatus }) {
  return (
    <div class="ladder-scroll">
      <table class="ladder-table">
        <thead>
          <tr>
            <th scope="col">Rendition</th>
            <th scope="col">Picture</th>
            <th scope="col">Bitrate</th>
            <th scope="col">Aimed at</th>
            <th scope="col">Frames</th>
          </tr>
        </thead>
        <tbody>
          {ladder.rungs.map((rung) => (
            <tr key={rung.name}>
              <th scope="row">{rung.name}</th>
              <td class="figure">{resolution(rung.width, rung.height)}</td>
              <td class="figure">{rung.kbps ? bitrate(rung.kbps * 1000) : UNKNOWN}</td>
              <td class="figure">{bitrate(rung.target_kbps * 1000)}</td>
              <td class="figure">{rung.fps ? `${rung.fps.toFixed(1)} fps` : UNKNOWN}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
