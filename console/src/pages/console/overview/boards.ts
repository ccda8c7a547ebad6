/** Which indicators stand where. Those that a platform does not have are left out, so that names live in one place: here. */

/** What viewers feel (RED: rate, errors, duration), in the order in which people ask. */
export const SYMPTOMS = [
  "concurrent_viewers",
  "playback_starts",
  "playback_failure_ratio",
  "exits_before_start_ratio",
  "rebuffer_ratio",
  "startup_time_p95",
  "live_latency_p95",
  "average_bitrate",
] as const;

/** What a region or a part of a split shows of it. */
export const SPLIT = [
  "concurrent_viewers",
  "playback_starts",
  "playback_failure_ratio",
  "rebuffer_ratio",
  "startup_time_p95",
  "live_latency_p95",
] as const;

/** Those of `SPLIT` by which a part is judged against the whole. */
export const JUDGED = [
  "rebuffer_ratio",
  "playback_failure_ratio",
  "startup_time_p95",
  "live_latency_p95",
] as const;

/** Between viewers and machines: what edges sent. */
export const DELIVERY = [
  "delivery_error_ratio",
  "cache_hit_ratio",
  "origin_fetches_per_part",
  "egress_bytes",
] as const;

/** Before viewers: what publishers sent. */
export const SUPPLY = ["ingest_health", "gop_regularity", "part_lateness"] as const;

/** Why it may be so (USE: utilisation, saturation, errors) of machines. */
export const CAUSES = [
  "cpu_utilisation",
  "memory_utilisation",
  "disk_utilisation",
  "egress_bps",
  "capacity_left",
] as const;
