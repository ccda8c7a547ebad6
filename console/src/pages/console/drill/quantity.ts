/** An indicator's number as people read it, by its unit. Pure. What is unknown is `--`: no data is not zero. */

import { bitrate, bytes, count, seconds } from "../../../ui/format";

export const NO_DATA = "--";

/** A share; small ones keep the digits that matter: `0.42 %`, `3.1 %`, `87 %`. */
export function share(value: number): string {
  const percent = value * 100;
  const size = Math.abs(percent);
  const digits = size === 0 || size >= 10 ? 0 : size >= 1 ? 1 : 2;
  if (size > 0 && size < 0.01) return "< 0.01 %";
  return `${percent.toFixed(digits)} %`;
}

/** Seconds of anything between a request and a year. */
function time(value: number): string {
  if (Math.abs(value) >= 600) return `${plain(value / 60)} min`;
  if (Math.abs(value) >= 100) return seconds(value, 0);
  return seconds(value, Math.abs(value) >= 10 ? 1 : 2);
}

function plain(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return count(value);
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) >= 10 ? 1 : 2 });
}

/** Units as indicators declare them; one that is not here stands behind its number. */
const FORMAT: Record<string, (value: number) => string> = {
  ratio: share,
  s: time,
  "bit/s": bitrate,
  GB: (value) => bytes(value * 1e9),
  h: (value) => `${plain(value)} h`,
  count: plain,
  "1/s": (value) => `${plain(value)}/s`,
  "1/h": (value) => `${plain(value)}/h`,
};

export function quantity(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_DATA;
  const known = FORMAT[unit];
  return known ? known(value) : `${plain(value)} ${unit}`;
}

/** `+12 %`, `−3 %`; a change of more than tenfold in words. */
export function changeText(moved: number | null): string {
  if (moved === null) return "";
  if (moved > 9) return `${Math.round(moved + 1)}×`;
  const percent = Math.round(moved * 100);
  if (percent === 0) return "±0 %";
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}

/** The unit in words, for the drawer. */
const UNIT_WORDS: Record<string, string> = {
  ratio: "a share, 0 to 100 %",
  s: "seconds",
  "bit/s": "bits per second",
  GB: "gigabytes (10⁹ bytes)",
  h: "hours",
  count: "how many",
  "1/s": "per second",
  "1/h": "per hour",
};

export function unitWords(unit: string): string {
  return UNIT_WORDS[unit] ?? unit;
}

/** An indicator's name where room is scarce: `Startup time p95`. */
export function shortTitle(title: string): string {
  return title.replace(/, (\d+)(st|nd|rd|th) percentile$/, " p$1").replace(/, median$/, " p50");
}
