/** Which indicators stand where. One that a platform does not have is left out, so that their names live in one place: here. */

/** What viewers feel (RED: rate, errors, duration), in the order in which people ask. */
export const SYMPTOMS = [
  "concurrent_plays",
  "plays",
  "playback_failure_rate",
  "exits_before_start",
  "rebuffer_ratio",
  "startup_time_p95",
  "live_latency_p95",
  "average_bitrate",
] as const;

/** Numbers of a moment: how many, how fast. While the range moves they are shown as they are now; the average is in the drawer. */
export const MOMENTARY: ReadonlySet<string> = new Set([
  "concurrent_plays",
  "concurrent_viewers",
  "egress_bps",
  "ingest_bps",
  "network_out",
  "request_rate",
]);

/** What a region or a part of a split shows of it. */
export const SPLIT = [
  "concurrent_plays",
  "plays",
  "playback_failure_rate",
  "rebuffer_ratio",
  "startup_time_p95",
  "live_latency_p95",
] as const;

/** Those of `SPLIT` by which a part is judged against the whole. */
export const JUDGED = [
  "rebuffer_ratio",
  "playback_failure_rate",
  "startup_time_p95",
  "live_latency_p95",
] as const;

/** Between viewers and machines: what edges sent. */
export const DELIVERY = [
  "concurrent_viewers",
  "delivery_error_ratio",
  "cache_hit_ratio",
  "egress_bps",
] as const;

/** Before viewers: what publishers sent. */
export const SUPPLY = ["ingest_health", "gop_regularity", "part_lateness", "ingest_bps"] as const;

/** Why it may be so (USE: utilisation, saturation, errors) of machines. */
export const CAUSES = ["cpu_used", "memory_used", "disk_free", "capacity_left", "network_out"] as const;

/** The charts of a stream's health. */
export const HEALTH = {
  download: ["part_download_p50", "part_download_p95"],
  bitrate: ["average_bitrate", "throughput_p50"],
  errors: ["player_errors_per_hour", "rendition_switches_per_hour", "rebuffers_per_hour"],
  latency: ["live_latency_p50", "live_latency_p95"],
} as const;
