/** Order and meaning of the streams table. Pure. */

import type { NoteLevel, StreamState, StreamView, TrackStats } from "../../api/types";

export type SortKey = "trouble" | "channel" | "viewers" | "kbps" | "fps" | "gop";

export interface Sort {
  key: SortKey;
  descending: boolean;
}

const STATE_WEIGHT: Record<StreamState, number> = {
  interrupted: 3,
  starting: 2,
  live: 1,
  ended: 0,
  offline: 0,
};
const LEVEL_WEIGHT: Record<NoteLevel, number> = { error: 20, warning: 10, info: 0 };

export function videoOf(stream: StreamView): TrackStats | undefined {
  return stream.tracks.find(({ kind }) => kind === "video");
}

export function totalKbps(stream: StreamView): number {
  return stream.tracks.reduce((sum, { kbps }) => sum + kbps, 0);
}

/** The worst level among a stream's notes; undefined where it has none worth a look. */
export function worstLevel(stream: StreamView): NoteLevel | undefined {
  for (const level of ["error", "warning", "info"] as const) {
    if (stream.notes.some((note) => note.level === level)) return level;
  }
  return undefined;
}

/** How much a stream asks for attention; a stream that has ended asks for none. */
export function trouble(stream: StreamView): number {
  const state = STATE_WEIGHT[stream.state];
  if (state === 0) return -1;
  const level = worstLevel(stream);
  return (level ? LEVEL_WEIGHT[level] : 0) + (stream.state === "interrupted" ? 15 : 0) + state;
}

const VALUE: Record<SortKey, (stream: StreamView) => number | string> = {
  trouble,
  channel: (stream) => stream.title || stream.channel,
  viewers: (stream) => stream.viewers,
  kbps: totalKbps,
  fps: (stream) => videoOf(stream)?.fps ?? 0,
  gop: (stream) => videoOf(stream)?.gop_s ?? 0,
};

export function sortStreams(streams: readonly StreamView[], { key, descending }: Sort): StreamView[] {
  const value = VALUE[key];
  const sign = descending ? -1 : 1;
  return [...streams].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    const order = typeof x === "string" && typeof y === "string" ? x.localeCompare(y) : Number(x) - Number(y);
    return sign * order || a.channel.localeCompare(b.channel);
  });
}

/** Figures start with the largest first, names with A. */
export function nextSort(current: Sort, key: SortKey): Sort {
  if (current.key === key) return { key, descending: !current.descending };
  return { key, descending: key !== "channel" };
}
