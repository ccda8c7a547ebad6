/** The four charts of a stream's health: what each draws, what it is read against, and when to worry. Pure. */

import type { Advice } from "../../../api/telemetry-types";
import type { StreamView } from "../../../api/types";
import type { Limit, Line } from "../../../ui/chart-types";
import { bitrate } from "../../../ui/format";
import { HEALTH } from "../overview/boards";
import { videoOf } from "../rank";

export type ChartName = keyof typeof HEALTH;

export interface HealthChart {
  name: ChartName;
  title: string;
  indicators: readonly string[];
  /** When to worry, of this very stream where it has figures. */
  worry: string;
  limits: Limit[];
  bars?: boolean;
}

/** Renditions of the picture that players can choose, the best first; bits per second as measured. */
export function rungs(stream: StreamView | undefined): { name: string; bps: number }[] {
  return (stream?.tracks ?? [])
    .filter(({ kind, kbps }) => kind === "video" && kbps > 0)
    .map(({ name, kbps, height }) => ({ name: height ? `${height}p` : name, bps: kbps * 1000 }))
    .sort((a, b) => b.bps - a.bps);
}

/** A limit that advice was reckoned with, unless the chart has it already. */
function advised(advice: readonly Advice[], chart: ChartName): Limit[] {
  return advice
    .filter((each) => each.chart === chart && each.limit !== null)
    .map(({ limit }) => ({ label: "advised limit", value: limit as number, tone: "warn" as const }))
    .slice(0, 1);
}

const DOWNLOADS =
  "Counted is one download in each report, from its first byte to its last: waiting for a part that is yet to come is not in it.";

export function healthCharts(stream: StreamView | undefined, advice: readonly Advice[]): HealthChart[] {
  const part = stream ? videoOf(stream)?.part_target_s : undefined;
  const ladder = rungs(stream);
  return [
    {
      name: "download",
      title: "Part download against its limit",
      indicators: HEALTH.download,
      worry: part
        ? `Worry when the upper line nears ${part.toFixed(2)} s: a player that needs longer for a part than the part lasts falls behind, and stalls. ${DOWNLOADS}`
        : `Worry when the upper line nears the length of a part: a player that needs longer for a part than the part lasts falls behind, and stalls. ${DOWNLOADS}`,
      limits: part ? [{ label: `a part lasts ${part.toFixed(2)} s`, value: part, tone: "bad" }] : [],
    },
    {
      name: "bitrate",
      title: "What players play against the ladder",
      indicators: HEALTH.bitrate.slice(0, 1),
      worry:
        ladder.length > 1
          ? "Worry when the line sinks from the rung that most networks can carry: players step down because downloads are slow, or devices cannot keep up."
          : "Worry when it falls: this stream has one rendition, so whoever cannot carry it stalls. A ladder gives players somewhere to go.",
      limits: ladder.map(({ name, bps }) => ({
        label: `${name} ${bitrate(bps)}`,
        value: bps,
        tone: "quiet",
      })),
    },
    {
      name: "errors",
      title: "Errors, stalls and switches",
      indicators: HEALTH.errors,
      worry:
        "Worry when errors or stalls rise while switches do not: players have nowhere left to go. Many switches alone mean that throughput swings between two rungs.",
      limits: [],
    },
    {
      name: "latency",
      title: "Latency to live",
      indicators: HEALTH.latency,
      worry:
        "Worry when the lines part: some viewers fall behind and stay there. When both rise together, the stream itself arrives late.",
      limits: [],
    },
  ].map((chart) => {
    const made = chart as HealthChart;
    return made.limits.length > 0 ? made : { ...made, limits: advised(advice, made.name) };
  });
}

const COLOURS: Line["colour"][] = [1, 2, 3, 4, 5];

/** The upper line of a pair is the one to watch: it has the warmer colour. */
export function colourOf(place: number): Line["colour"] {
  return COLOURS[place % COLOURS.length] as Line["colour"];
}
