/**
 * Where to begin a live channel, read from its playlists (RFC 8216bis section 4.4). Pure: text in, addresses out.
 *
 * Times are on the timeline that hls.js gives the same playlists: 0 where the first listed segment begins.
 */

/** One stream of a channel to play: a variant's pictures, or the sound that goes with them. */
export interface StreamChoice {
  url: string;
  /** RFC 6381 codec of this stream alone. */
  codec: string;
}

export interface Choice {
  video: StreamChoice;
  audio: StreamChoice | undefined;
}

export interface ListedPart {
  url: string;
  mapUrl: string;
  startS: number;
  /** EXT-X-PROGRAM-DATE-TIME at its start, milliseconds since the epoch; NaN where none says. */
  dateMs: number;
  durationS: number;
  independent: boolean;
  /** Counts discontinuities, so that two parts can be told to belong together. */
  continuity: number;
}

/** The media to append first: one initialisation segment and the parts after it, in order. */
export interface Beginning {
  mapUrl: string;
  parts: ListedPart[];
}

const VIDEO_CODEC = /^(avc[13]|hvc1|hev1|av01|vp09)\b/;

function attribute(line: string, name: string): string | undefined {
  const found = new RegExp(`[:,]${name}=(?:"([^"]*)"|([^,]*))`).exec(line);
  return found?.[1] ?? found?.[2];
}

function linesOf(playlist: string): string[] {
  return playlist.split("\n").map((line) => line.trim());
}

/** What a player plays first: the first variant, and the default audio of its group. Undefined without pictures. */
export function firstChoice(multivariant: string, baseUrl: string): Choice | undefined {
  const lines = linesOf(multivariant);
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF"));
  const variant = lines[at] ?? "";
  const uri = lines[at + 1];
  const codecs = attribute(variant, "CODECS")?.split(",") ?? [];
  const codec = codecs.find((name) => VIDEO_CODEC.test(name));
  if (lines[0] !== "#EXTM3U" || at < 0 || !uri || uri.startsWith("#") || !codec) return undefined;
  const group = attribute(variant, "AUDIO");
  const sound = lines.find(
    (line) =>
      line.startsWith("#EXT-X-MEDIA:") &&
      attribute(line, "TYPE") === "AUDIO" &&
      attribute(line, "GROUP-ID") === group &&
      attribute(line, "DEFAULT") === "YES",
  );
  const soundUri = sound && attribute(sound, "URI");
  const soundCodec = codecs.find((name) => !VIDEO_CODEC.test(name));
  const resolve = (address: string) => new URL(address, baseUrl).href;
  return {
    video: { url: resolve(uri), codec },
    audio: soundUri && soundCodec ? { url: resolve(soundUri), codec: soundCodec } : undefined,
  };
}

/** The parts that a live playlist lists, oldest first; none where it is no live playlist with parts. */
export function listedParts(playlist: string, baseUrl: string): ListedPart[] {
  const lines = linesOf(playlist);
  if (lines[0] !== "#EXTM3U" || lines.includes("#EXT-X-ENDLIST")) return [];
  const parts: ListedPart[] = [];
  let segmentS = 0;
  let segmentMs = Number.NaN;
  let inSegmentS = 0;
  let continuity = 0;
  let mapUrl = "";
  for (const line of lines) {
    if (line.startsWith("#EXT-X-PART:")) {
      const durationS = Number(attribute(line, "DURATION"));
      const gap = attribute(line, "GAP") === "YES";
      const uri = attribute(line, "URI");
      if (uri && !gap && durationS > 0) {
        parts.push({
          url: new URL(uri, baseUrl).href,
          mapUrl,
          startS: segmentS + inSegmentS,
          dateMs: segmentMs + inSegmentS * 1000,
          durationS,
          independent: attribute(line, "INDEPENDENT") === "YES",
          continuity,
        });
      }
      inSegmentS += durationS;
    } else if (line.startsWith("#EXTINF:")) {
      const durationS = Number.parseFloat(line.slice("#EXTINF:".length));
      segmentS += durationS;
      segmentMs += durationS * 1000;
      inSegmentS = 0;
    } else if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) {
      segmentMs = Date.parse(line.slice("#EXT-X-PROGRAM-DATE-TIME:".length));
    } else if (line === "#EXT-X-DISCONTINUITY" || line === "#EXT-X-GAP") {
      continuity += 1;
    } else if (line.startsWith("#EXT-X-MAP:")) {
      mapUrl = new URL(attribute(line, "URI") ?? "", baseUrl).href;
    }
  }
  return parts;
}

/** A player begins this far from the live edge at least: PART-HOLD-BACK is three parts (RFC 8216bis 4.4.3.8). */
const HELD_BACK_PARTS = 3;

/** From the newest keyframe that lies far enough from the edge; undefined where the list allows none. */
export function videoBeginning(parts: readonly ListedPart[]): Beginning | undefined {
  const reach = parts.slice(0, Math.max(0, parts.length - HELD_BACK_PARTS + 1));
  return beginningAt(
    parts,
    reach.findLastIndex(({ independent }) => independent),
  );
}

/** A frame of sound: a part of sound may begin so much later than the pictures it is listed beside, milliseconds. */
const SOUND_FRAME_MS = 30;

/** Sound that surely lies under the pictures from `dateMs` on; undefined where the list does not reach so far back. */
export function audioBeginning(parts: readonly ListedPart[], dateMs: number): Beginning | undefined {
  return beginningAt(
    parts,
    parts.findLastIndex((part) => part.dateMs <= dateMs - SOUND_FRAME_MS),
  );
}

function beginningAt(parts: readonly ListedPart[], index: number): Beginning | undefined {
  const first = parts[index];
  if (!first?.mapUrl) return undefined;
  const chosen = parts.slice(index);
  const whole = chosen.every(
    ({ continuity, mapUrl }) => continuity === first.continuity && mapUrl === first.mapUrl,
  );
  return whole ? { mapUrl: first.mapUrl, parts: chosen } : undefined;
}
