/** What arrives from the publisher now, track by track, and what the origin noticed about it. */

import type { StreamView } from "../../../api/types";
import { bitrate, codecName, resolution, seconds, UNKNOWN } from "../../../ui/format";
import { HealthNotes } from "../../studio/health-notes";

export function Supply({ stream }: { stream: StreamView }) {
  return (
    <div class="causes">
      <section class="card" aria-labelledby="tracks-title">
        <h2 id="tracks-title">Tracks now</h2>
        {stream.tracks.length === 0 ? (
          <p class="muted">Nothing arrives now.</p>
        ) : (
          <div class="table-scroll">
            <table class="table parts">
              <thead>
                <tr>
                  <th>Track</th>
                  <th>Codec</th>
                  <th class="number">Bitrate</th>
                  <th class="number">Frames/s</th>
                  <th class="number">Keyframe</th>
                  <th class="number">Part</th>
                </tr>
              </thead>
              <tbody>
                {stream.tracks.map((track) => (
                  <tr key={track.name}>
                    <td class="part-name">{track.name}</td>
                    <td data-name="Codec">
                      {codecName(track.codec)}
                      {track.width > 0 && (
                        <span class="muted small"> {resolution(track.width, track.height)}</span>
                      )}
                    </td>
                    <td class="number" data-name="Bitrate">
                      {track.kbps > 0 ? bitrate(track.kbps * 1000) : UNKNOWN}
                    </td>
                    <td class="number" data-name="Frames/s">
                      {track.fps > 0 ? track.fps.toFixed(1) : UNKNOWN}
                    </td>
                    <td class="number" data-name="Keyframe">
                      {track.gop_s > 0 ? seconds(track.gop_s, 1) : UNKNOWN}
                    </td>
                    <td class="number" data-name="Part">
                      {track.part_target_s > 0 ? seconds(track.part_target_s) : UNKNOWN}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <HealthNotes notes={stream.notes} ended={stream.state === "ended"} />
    </div>
  );
}
