/**
 * Playlists fetched before the player's code is there, and handed to it when it asks: each once, and only while fresh.
 *
 * Anything unexpected simply means that the player asks itself.
 */

/** A media playlist older than this says too little about the live edge, milliseconds. */
const FRESH_MS = 10_000;

export interface Prefetched {
  url: string;
  text: string;
  /** `performance.now()` when asked, at the answer's first byte, and at its end. */
  startMs: number;
  firstByteMs: number;
  endMs: number;
}

const pending = new Map<string, Promise<Prefetched | undefined>>();

/** Fetch a playlist and keep it for whoever takes it. */
export function prefetchPlaylist(url: string): Promise<Prefetched | undefined> {
  const answer = fetchText(url);
  pending.set(url, answer);
  return answer;
}

/**
 * What was fetched ahead for `url`; undefined where nothing was. A second call finds nothing.
 *
 * The promise gives undefined where fetching failed or the answer has grown old.
 */
export function takePrefetched(url: string): Promise<Prefetched | undefined> | undefined {
  const answer = pending.get(url);
  pending.delete(url);
  return answer?.then((found) => (found && performance.now() - found.endMs < FRESH_MS ? found : undefined));
}

/** Forget what nobody took: its times belong to an opening that is no more. */
export function dropPrefetched(): void {
  pending.clear();
}

async function fetchText(url: string): Promise<Prefetched | undefined> {
  const startMs = performance.now();
  try {
    const response = await fetch(url);
    const firstByteMs = performance.now();
    if (!response.ok) return undefined;
    const text = await response.text();
    return { url: response.url, text, startMs, firstByteMs, endMs: performance.now() };
  } catch {
    return undefined; // the player will ask, and report, itself
  }
}
