/** The server's wall clock, so that a browser whose clock is wrong still asks for the minutes it means. */

/** Below this the difference may be the `Date` header's own: it has whole seconds, and an answer takes time. */
const TRUSTED_MS = 2_000;

let aheadMs = 0;

/** Learn from an answer's `Date` header (RFC 9110, 6.6.1) that came at `nowMs`. */
export function noteServerDate(header: string | null, nowMs: number): void {
  const said = Date.parse(header ?? "");
  if (Number.isNaN(said)) return;
  const difference = said - nowMs;
  aheadMs = Math.abs(difference) < TRUSTED_MS ? 0 : difference;
}

/** Seconds since the epoch, as the server counts them. */
export function serverNow(): number {
  return (Date.now() + aheadMs) / 1000;
}
