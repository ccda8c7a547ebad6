/** One playback session's reports as a story: a band of states, lines over time, and what happened in words. Pure. */

import type { PlaybackFact, PlaybackSession, PlaybackState } from "../../../api/telemetry-types";
import type { Mark } from "../../../ui/chart-types";
import { bitrate, seconds } from "../../../ui/format";
import type { Tone } from "../../../ui/kit";

export interface Stretch {
  state: PlaybackState;
  from: number;
  to: number;
}

export const STATE_WORD: Record<PlaybackState, string> = {
  preloading: "Preloading",
  starting: "Starting",
  playing: "Playing",
  seeking: "Seeking",
  rebuffering: "Stalled",
  paused: "Paused",
  waiting: "Waiting",
  ended: "Ended",
  failed: "Failed",
  quit: "Left",
};

export const STATE_TONE: Record<PlaybackState, Tone> = {
  preloading: "quiet",
  starting: "warn",
  playing: "ok",
  seeking: "quiet",
  rebuffering: "bad",
  paused: "quiet",
  waiting: "warn",
  ended: "quiet",
  failed: "bad",
  quit: "quiet",
};

const EXIT_WORD: Record<string, string> = {
  "before-start": "The viewer left before the first picture.",
  ended: "The stream was played to its end.",
  failed: "An error ended it.",
  left: "The viewer left while it played.",
  lost: "Nothing was heard of the player any more.",
};

export function exitWords(exit: string): string {
  return exit ? (EXIT_WORD[exit] ?? exit) : "";
}

const OVER: ReadonlySet<PlaybackState> = new Set(["ended", "failed", "quit"]);
/** A session that was silent for so long is not running, whatever its last word was. */
const SILENT_S = 60;

export function isRunning({ state, exit, last_at }: PlaybackSession, now: number): boolean {
  return !exit && !OVER.has(state) && now - last_at < SILENT_S;
}

/** A report says which state the player is in from then on; equal neighbours become one stretch. */
export function band(facts: readonly PlaybackFact[], until: number): Stretch[] {
  const found: Stretch[] = [];
  facts.forEach(({ at, state }, index) => {
    const to = facts[index + 1]?.at ?? Math.max(at, until);
    const last = found.at(-1);
    if (last && last.state === state) last.to = to;
    else found.push({ state, from: at, to });
  });
  return found.filter(({ from, to }) => to > from);
}

/** Columns over time, as a chart draws them. */
export interface Lines {
  at: number[];
  bitrate: (number | null)[];
  throughput: (number | null)[];
  buffer: (number | null)[];
  latency: (number | null)[];
}

const FIGURES = {
  bitrate: "bitrate_bps",
  throughput: "throughput_bps",
  buffer: "buffer_s",
  latency: "latency_s",
} as const;
const NAMES = Object.keys(FIGURES) as (keyof typeof FIGURES)[];

/** What each report said. One that says nothing of a figure leaves its line where it was; silence breaks all of them. */
export function linesOf(facts: readonly PlaybackFact[]): Lines {
  const lines: Lines = { at: [], bitrate: [], throughput: [], buffer: [], latency: [] };
  for (const fact of facts) {
    const before = lines.at.at(-1);
    const silent = before !== undefined && fact.at - before > SILENT_S;
    if (silent) {
      lines.at.push(before + 1);
      for (const name of NAMES) lines[name].push(null);
    }
    const again = fact.at === before; // two reports of one moment are one point
    if (!again) lines.at.push(fact.at);
    for (const name of NAMES) {
      const value = fact[FIGURES[name]] ?? lines[name].at(-1) ?? null;
      if (again) lines[name].pop();
      lines[name].push(value);
    }
  }
  return lines;
}

export function marksOf(facts: readonly PlaybackFact[]): Mark[] {
  return facts.flatMap(({ at, error, event, state }): Mark[] => {
    if (error) return [{ at, tone: "bad" }];
    if (state === "rebuffering" && event === "state") return [{ at, tone: "warn" }];
    return event === "bitrate" ? [{ at, tone: "quiet" }] : [];
  });
}

export interface Moment {
  at: number;
  words: string;
  tone: Tone;
}

/** What happened, in words and in order; plain beats are left out. */
export function moments(facts: readonly PlaybackFact[], until: number): Moment[] {
  const said: Moment[] = [];
  for (const stretch of band(facts, until)) {
    said.push({ at: stretch.from, words: stretchWords(stretch), tone: STATE_TONE[stretch.state] });
  }
  let rate: number | null = null;
  for (const { at, startup_s, bitrate_bps, error, exit } of facts) {
    if (startup_s !== null) {
      said.push({ at, words: `First picture, ${seconds(startup_s)} after the wish to play.`, tone: "ok" });
    }
    if (error) said.push({ at, words: `Error ${error}.`, tone: "bad" });
    if (bitrate_bps !== null) {
      if (rate !== null && bitrate_bps !== rate) {
        const up = bitrate_bps > rate;
        said.push({ at, words: `Switched ${up ? "up" : "down"} to ${bitrate(bitrate_bps)}.`, tone: "quiet" });
      }
      rate = bitrate_bps;
    }
    if (exit)
      said.push({ at, words: exitWords(exit), tone: exit === "failed" || exit === "lost" ? "bad" : "quiet" });
  }
  return said.sort((a, b) => a.at - b.at);
}

function stretchWords({ state, from, to }: Stretch): string {
  const length = seconds(to - from, to - from < 10 ? 1 : 0);
  return state === "rebuffering"
    ? `Stalled for ${length}: the buffer was empty.`
    : `${STATE_WORD[state]}, ${length}.`;
}
