/** Nothing arrives yet: what to do, in order. */

import type { StreamView } from "../../api/types";
import { Copyable } from "../../ui/kit";

export function Offline({ stream }: { stream: StreamView }) {
  return (
    <section class="card" aria-labelledby="offline-title">
      <h2 id="offline-title">No stream yet</h2>
      <ol class="steps">
        <li>
          <h3>Point your encoder here</h3>
          <p>OBS, ffmpeg or anything that speaks RTMP or SRT. Address and key are below.</p>
        </li>
        <li>
          <h3>Start streaming</h3>
          <p>This page turns live by itself, about a second after the first picture arrives.</p>
        </li>
        <li>
          <h3>Share the watch page</h3>
          <Copyable value={stream.playback.watch} what="watch address" />
        </li>
      </ol>
    </section>
  );
}
