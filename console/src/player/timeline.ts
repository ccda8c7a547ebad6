/** What latency to show, and where a media time stands in the DVR window. Pure. */

/** Between a viewer's clock and the server's there may be minutes; a latency is only shown where both agree. */
const PLAUSIBLE_S = { min: -0.1, beyond: 3 };

/**
 * Latency to show: end to end by the wall clock where the clocks agree with the playlist's own measure, else that.
 *
 * `edgeLatencyS` is the distance from the live edge, which no clock can falsify; arrival to screen is a little more.
 */
export function shownLatencyS(wallLatencyS: number, edgeLatencyS: number): number {
  const plausible =
    Number.isFinite(wallLatencyS) &&
    wallLatencyS >= edgeLatencyS + PLAUSIBLE_S.min &&
    wallLatencyS <= edgeLatencyS + PLAUSIBLE_S.beyond;
  return plausible ? wallLatencyS : edgeLatencyS;
}

/** Closer to the edge than this counts as live, seconds. */
const LIVE_WITHIN_S = 3;
/** A seek that lands this close to the edge follows it from then on, seconds. */
const SNAP_S = 1.5;

export function isLive(behindS: number): boolean {
  return behindS < LIVE_WITHIN_S;
}

export function snapsToLive(behindS: number): boolean {
  return behindS < SNAP_S;
}

/** A seek's target, kept inside the window; `behindS` is seconds behind the edge. */
export function seekTarget(edgeS: number, windowS: number, behindS: number): number {
  return edgeS - Math.min(Math.max(behindS, 0), windowS);
}

/** `12 seconds behind live`, as a screen reader says it. */
export function spokenPosition(behindS: number): string {
  if (isLive(behindS)) return "Live";
  const whole = Math.round(behindS);
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  const parts = [];
  if (minutes) parts.push(`${minutes} minute${minutes === 1 ? "" : "s"}`);
  if (rest) parts.push(`${rest} second${rest === 1 ? "" : "s"}`);
  return `${parts.join(" ")} behind live`;
}
