/** Figures for the curious and for support: what the player measures, as it measures it. */

import { useEffect, useState } from "preact/hooks";
import type { LivePlayer } from "../../player/live-player";
import type { PlayerStats } from "../../player/view";
import { bitrate, codecName, count, plural, resolution, seconds } from "../../ui/format";
import { Icon } from "../../ui/icons";

const REFRESH_MS = 500;

function rows(stats: PlayerStats): [string, string][] {
  return [
    [
      "Latency",
      `${seconds(stats.latency_s.last)}  (p50 ${seconds(stats.latency_s.p50)}, p95 ${seconds(stats.latency_s.p95)})`,
    ],
    ["From live edge", `${seconds(stats.edge_latency_s)}  (target ${seconds(stats.target_latency_s)})`],
    ["Buffer", seconds(stats.buffer_s)],
    ["Speed", `× ${stats.rate.toFixed(2)}`],
    ["Startup", seconds(stats.startup_load_s)],
    ["Rebuffered", `${plural(stats.rebuffers, "time")}, ${seconds(stats.rebuffer_s, 1)}`],
    ["Frames dropped", `${count(stats.dropped_frames)} of ${count(stats.total_frames)}`],
    ["Picture", resolution(stats.width, stats.height)],
    ["Bitrate", `${bitrate(stats.bitrate_bps)}  (line ${bitrate(stats.bandwidth_bps)})`],
    [
      "Codecs",
      stats.codecs
        ? stats.codecs
            .split(", ")
            .map((c) => `${codecName(c)} ${c}`)
            .join(", ")
        : "–",
    ],
    ["Parts", stats.part_target_s ? seconds(stats.part_target_s) : "none"],
    ["Player", `${stats.source}, ${plural(stats.restarts, "restart")}, ${plural(stats.jumps, "jump")}`],
  ];
}

export function StatsPanel({ player, onClose }: { player: LivePlayer; onClose: () => void }) {
  const [stats, setStats] = useState(() => player.stats());
  useEffect(() => {
    const timer = setInterval(() => setStats(player.stats()), REFRESH_MS);
    return () => clearInterval(timer);
  }, [player]);
  return (
    <section class="stats-panel" aria-label="Statistics">
      <button type="button" class="control" aria-label="Close statistics" onClick={onClose}>
        <Icon name="close" size={18} />
      </button>
      <dl>
        {rows(stats).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="figure">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
