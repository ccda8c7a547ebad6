/** Numbers as people read them. Every function is pure; `now` is an argument; unknown values become an en dash. */

export const UNKNOWN = "–";

function fixed(value: number, digits: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function count(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  if (Math.abs(value) < 10_000) return value.toLocaleString("en", { maximumFractionDigits: 0 });
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** `1 viewer`, `2 viewers`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Bits per second as kbps, Mbps or Gbps. */
export function bitrate(bps: number): string {
  if (!Number.isFinite(bps) || bps < 0) return UNKNOWN;
  if (bps >= 1e9) return `${fixed(bps / 1e9, 2)} Gbps`;
  if (bps >= 1e6) return `${fixed(bps / 1e6, bps >= 1e8 ? 0 : 2)} Mbps`;
  return `${fixed(bps / 1e3, 0)} kbps`;
}

export function bytes(value: number): string {
  if (!Number.isFinite(value) || value < 0) return UNKNOWN;
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${fixed(scaled, unit === 0 || scaled >= 100 ? 0 : 1)} ${units[unit]}`;
}

/** Short seconds for latencies: `0.64 s`; milliseconds are for machines. */
export function seconds(value: number, digits = 2): string {
  return Number.isFinite(value) ? `${fixed(value, digits)} s` : UNKNOWN;
}

/** A length of time in at most two units: `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`. */
export function duration(lengthS: number): string {
  if (!Number.isFinite(lengthS) || lengthS < 0) return UNKNOWN;
  const whole = Math.floor(lengthS);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) {
    return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
  }
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** A running clock: `0:07`, `12:34`, `1:02:03`. */
export function clock(lengthS: number): string {
  const whole = Math.max(0, Math.floor(lengthS));
  const s = String(whole % 60).padStart(2, "0");
  const m = Math.floor(whole / 60) % 60;
  const h = Math.floor(whole / 3600);
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** How long ago an epoch time was: `just now`, `12 s ago`, `3 min ago`. */
export function ago(atS: number, nowS: number): string {
  const age = nowS - atS;
  if (age < 2) return "just now";
  return `${duration(age)} ago`;
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${fixed((part / whole) * 100, 0)} %` : UNKNOWN;
}

export function timeOfDay(atS: number): string {
  return new Date(atS * 1000).toLocaleTimeString("en-GB");
}

export function dateTime(atS: number): string {
  return new Date(atS * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** `1920 × 1080`, or unknown where either is 0. */
export function resolution(width: number, height: number): string {
  return width && height ? `${width} × ${height}` : UNKNOWN;
}

const CODECS: [RegExp, string][] = [
  [/^avc[13]/, "H.264"],
  [/^(hvc1|hev1)/, "HEVC"],
  [/^av01/, "AV1"],
  [/^vp0?9/, "VP9"],
  [/^mp4a\.40/, "AAC"],
  [/^opus$/i, "Opus"],
];

/** The name people know for an RFC 6381 string: `avc1.640028` is `H.264`. */
export function codecName(rfc6381: string): string {
  return CODECS.find(([pattern]) => pattern.test(rfc6381))?.[1] ?? (rfc6381 || UNKNOWN);
}
