/**
 * The player's measuring port, `window.__tidegate`: what benchmarks and tests read.
 *
 * `latency()` gives arrival-to-screen seconds (p50, p95, last) over the frames since the page began or `reset()`;
 * `stats()` adds startup time, rebuffering, buffer, rate, bitrate, codecs, restarts.
 */

import type { LivePlayer } from "../../player/live-player";
import type { LatencyReport } from "../../player/meter";
import type { PlayerStats } from "../../player/view";

export interface MeasuringPort {
  latency(): LatencyReport;
  stats(): PlayerStats;
  reset(): void;
}

declare global {
  interface Window {
    __tidegate?: MeasuringPort | undefined;
  }
}

/** Open the port; the returned function closes it. */
export function exposeMeasurements(player: LivePlayer): () => void {
  window.__tidegate = {
    latency: () => player.latency(),
    stats: () => player.stats(),
    reset: () => player.resetMeasurements(),
  };
  return () => {
    window.__tidegate = undefined;
  };
}
