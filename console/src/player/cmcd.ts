/**
 * One report of playback as a line of CMCD version 2 (CTA-5004-A, event mode): a dictionary of structured fields (RFC 9651).
 *
 * Keys of our own say what the standard has no word for; the server knows them (`src/tidegate/media/beacons/cmcd.py`).
 */

/** `sta`: starting, playing, seeking, rebuffering, paused, ended, quit. */
export type ReportState = "s" | "p" | "k" | "r" | "a" | "e" | "q";
/** `e`: a beat, a change of state, of bitrate, an error. */
export type ReportEvent = "t" | "ps" | "bc" | "e";

/** How playback goes at one moment. What is not known is 0, NaN or empty, and left out. */
export interface Reading {
  state: ReportState;
  bitrateBps: number;
  topBitrateBps: number;
  throughputBps: number;
  bufferS: number;
  latencyS: number;
  rate: number;
  /** Frames dropped and in all, since the element began. */
  dropped: number;
  frames: number;
  /** Name of the track that plays. */
  rendition: string;
}

export interface Report {
  event: ReportEvent;
  session: string;
  seq: number;
  /** Milliseconds since the Unix epoch, by this device. */
  atMs: number;
  reading: Reading;
  /** From the wish to play to the first picture, seconds; once a session. */
  startupS?: number | undefined;
  error?: string | undefined;
  /** Downloads since the report before (`transfers.ts`); empty where there was none. */
  transfers?: string | undefined;
}

export function reportLine({
  event,
  session,
  seq,
  atMs,
  reading,
  startupS,
  error,
  transfers,
}: Report): string {
  const keys: Record<string, string | undefined> = {
    bl: list(whole(reading.bufferS * 10, 100)),
    br: list(whole(reading.bitrateBps / 1000), "v"),
    dfa: reading.frames > 0 ? whole(reading.dropped) : undefined,
    e: event,
    ec: error ? `("${plain(error)}")` : undefined,
    ltc: reading.latencyS > 0 ? whole(reading.latencyS * 1000) : undefined,
    msd: startupS === undefined ? undefined : whole(startupS * 1000),
    mtp: list(whole(reading.throughputBps / 100_000, 100)),
    pr: reading.rate === 1 ? undefined : reading.rate.toFixed(3),
    sid: `"${plain(session)}"`,
    sn: String(seq),
    sta: reading.state,
    tb: list(whole(reading.topBitrateBps / 1000), "v"),
    ts: whole(atMs),
    v: "2",
    "tidegate-frames": reading.frames > 0 ? `"${reading.frames}"` : undefined,
    "tidegate-rendition": reading.rendition ? `"${plain(reading.rendition)}"` : undefined,
    "tidegate-transfers": transfers ? `"${plain(transfers)}"` : undefined,
  };
  return Object.entries(keys)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** A whole number of `unit`, undefined where there is nothing to say. */
function whole(value: number, unit = 1): string | undefined {
  return Number.isFinite(value) && value >= 0 ? String(Math.round(value) * unit) : undefined;
}

function list(value: string | undefined, type = ""): string | undefined {
  return value === undefined || (value === "0" && type) ? undefined : `(${value}${type && `;${type}`})`;
}

/** What a string of structured fields may hold without a word about it. */
const plain = (text: string): string => text.replace(/[^ !#-[\]-~]+/g, " ").slice(0, 64);
