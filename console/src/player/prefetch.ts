/**
 * Fetches the beginning of a live channel while the player's code is still loading.
 *
 * Playlists are handed to the player when it asks: each once, and only while fresh. Initialisation segments and the
 * first parts go to the browser's cache, where the player's own requests find them, because their addresses never mean
 * anything else. So a dozen round trips pass at once, beside the code's download, instead of one after the other behind
 * it. Anything unexpected simply means that the player asks itself.
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

/** A player begins this far from the live edge at least: PART-HOLD-BACK is three parts (RFC 8216bis 4.4.3.8). */
const HELD_BACK_PARTS = 3;

/**
 * Addresses of what a player will append first: the initialisation segment in force, and the parts from the newest
 * keyframe that lies far enough from the live edge.
 */
export function firstMedia(playlist: string, baseUrl: string): string[] {
  const lines = playlist.split("\n");
  const uriOf = (line: string): string | undefined => /URI="([^"]+)"/.exec(line)?.[1];
  const parts = lines.filter((line) => line.startsWith("#EXT-X-PART:"));
  const reach = parts.slice(0, Math.max(0, parts.length - HELD_BACK_PARTS + 1));
  const keyframe = reach.findLastIndex((line) => line.includes("INDEPENDENT=YES"));
  const first = keyframe >= 0 ? keyframe : Math.max(0, reach.length - 1);
  const map = lines.findLast((line) => line.startsWith("#EXT-X-MAP:"));
  return [...(map ? [map] : []), ...parts.slice(first)]
    .map(uriOf)
    .filter((uri) => uri !== undefined)
    .map((uri) => new URL(uri, baseUrl).href);
}

export function prefetchChannel(playlistUrl: string): void {
  void fetchChannel(new URL(playlistUrl, location.href).href);
}

async function fetchChannel(url: string): Promise<void> {
  const multivariant = await fetchOnce(url);
  if (!multivariant) return;
  await Promise.all(
    firstPlaylists(multivariant.text, url).map(async (address) => {
      const playlist = await fetchOnce(address);
      if (playlist) for (const part of firstMedia(playlist.text, address)) void warm(part);
    }),
  );
}

/** Bring an address that never changes into the browser's cache. */
async function warm(url: string): Promise<void> {
  try {
    await (await fetch(url)).arrayBuffer();
  } catch {
    // the player will ask, and report, itself
  }
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
