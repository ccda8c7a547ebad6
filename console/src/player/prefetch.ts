/**
 * Fetches a live channel's playlists while the player's code is still loading, and hands them to it when it asks.
 *
 * Three round trips (multivariant playlist, media playlists) then pass beside the code's own download instead of after
 * it. Each answer is given out once and only while fresh; anything unexpected simply means that the player asks itself.
 */

/** A media playlist older than this says too little about the live edge, milliseconds. */
const FRESH_MS = 2_000;

export interface Prefetched {
  url: string;
  text: string;
  /** `performance.now()` when asked, at the answer's first byte, and at its end. */
  startMs: number;
  firstByteMs: number;
  endMs: number;
}

const pending = new Map<string, Promise<Prefetched | undefined>>();

/** Addresses of the media playlists a player will want first: the first variant, and every default rendition. */
export function firstPlaylists(multivariant: string, baseUrl: string): string[] {
  const lines = multivariant.split("\n").map((line) => line.trim());
  const variant = lines[lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF")) + 1];
  const renditions = lines
    .filter(
      (line) =>
        line.startsWith("#EXT-X-MEDIA:") && line.includes("TYPE=AUDIO") && line.includes("DEFAULT=YES"),
    )
    .map((line) => /URI="([^"]+)"/.exec(line)?.[1]);
  return lines[0] !== "#EXTM3U"
    ? []
    : [variant, ...renditions]
        .filter((uri): uri is string => Boolean(uri) && !uri?.startsWith("#"))
        .map((uri) => new URL(uri, baseUrl).href);
}

export function prefetchChannel(playlistUrl: string): void {
  const url = new URL(playlistUrl, location.href).href;
  const multivariant = fetchOnce(url);
  void multivariant.then((answer) => {
    if (!answer) return;
    for (const address of firstPlaylists(answer.text, url)) void fetchOnce(address);
  });
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

function fetchOnce(url: string): Promise<Prefetched | undefined> {
  const answer = fetchText(url);
  pending.set(url, answer);
  return answer;
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
