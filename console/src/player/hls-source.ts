/** The source by hls.js. Loaded lazily: this module brings the library with it. */

import Hls, {
  type FragBufferedData,
  type HlsConfig,
  type Level,
  type LevelDetails,
  type MediaAttachingData,
} from "hls.js";
import { bitrate } from "../ui/format";
import { openWithNewest } from "./access";
import { hlsConfig } from "./config";
import type { Opened, OpenedTrack } from "./opening";
import { playlistLoader } from "./playlist-loader";
import { ProgramClock } from "./program-clock";
import { AUTO, type Caption, OFF, type Quality, type Source, type SourceRequest } from "./source";

export function openHls({ video, url, channel, sessionId, from, opened, events }: SourceRequest): Source {
  const hls = new Hls({
    ...hlsConfig(channel, sessionId),
    ...(opened && {
      pLoader: playlistLoader(opened.takePlaylist) as unknown as NonNullable<HlsConfig["pLoader"]>,
    }),
    ...(url.includes("/live/~") && { xhrSetup: openWithNewest }),
    startPosition: opened?.startS ?? (from === "start" ? 0 : -1),
  });

  hls.on(Hls.Events.ERROR, (_event, { fatal, type, details }) => {
    if (!fatal) return;
    const kinds = {
      [Hls.ErrorTypes.MEDIA_ERROR]: "media",
      [Hls.ErrorTypes.NETWORK_ERROR]: "network",
    } as const;
    events.onFatal(kinds[type as keyof typeof kinds] ?? "other", details);
  });
  for (const event of [
    Hls.Events.MANIFEST_PARSED,
    Hls.Events.LEVEL_SWITCHED,
    Hls.Events.SUBTITLE_TRACKS_UPDATED,
    Hls.Events.SUBTITLE_TRACK_SWITCH,
  ] as const) {
    hls.on(event, events.onTracks);
  }
  if (opened) {
    // the variant that plays already: another one's playlist, read later, would begin elsewhere on the timeline
    hls.on(Hls.Events.MANIFEST_PARSED, (_event, { firstLevel }) => {
      hls.startLevel = firstLevel;
    });
  }
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, part }) => {
    const { loading, loaded } = (part ?? frag).stats;
    if (frag.sn !== "initSegment") events.onLoaded(loaded, loading.end - loading.first);
  });
  const clock = new ProgramClock();
  hls.on(Hls.Events.FRAG_BUFFERED, (_event, appended) => {
    const dated = appended.id === "main" ? datedMedia(appended) : undefined;
    if (dated) clock.learn(dated.mediaS, dated.dateMs);
  });
  hls.attachMedia(opened ? takenOver(video, opened) : video);
  hls.loadSource(new URL(url, location.href).href); // absolute: hls.js hands it on as it is, and CMCD parses it

  const details = (): LevelDetails | null => hls.latestLevelDetails;
  const level = (): Level | undefined => hls.levels[hls.currentLevel] ?? hls.levels[hls.loadLevel];

  /** On the element's timeline, where the playlist alone may be wrong by a segment. */
  const place = (dateMs: number, otherwiseS: number): number => {
    const mediaS = clock.mediaS(dateMs);
    return Number.isFinite(mediaS) ? mediaS : otherwiseS;
  };
  const listedEndS = (): number => {
    const now = details();
    return now ? place(listedEndMs(now), now.edge) : Number.NaN;
  };

  return {
    name: "hls.js",
    version: Hls.version,
    live: () => details()?.live ?? true,
    edgeS: () => listedEndS() + (details()?.age ?? 0),
    listedEndS,
    windowStartS() {
      const now = details();
      return now ? place(now.fragments[0]?.programDateTime ?? Number.NaN, now.fragmentStart) : Number.NaN;
    },
    holdBackS: () => details()?.partHoldBack ?? 0,
    programTimeMs: (mediaTimeS) => clock.dateMs(mediaTimeS),
    stats: () => ({
      bitrateBps: level()?.bitrate ?? 0,
      bandwidthBps: hls.bandwidthEstimate,
      codecs: [level()?.videoCodec, level()?.audioCodec].filter(Boolean).join(", "),
      partTargetS: details()?.partTarget ?? 0,
      rendition: level()?.uri.split("/").at(-2) ?? "",
    }),
    qualities: () => hls.levels.map(qualityOf),
    quality: () => (hls.autoLevelEnabled ? AUTO : hls.loadLevel),
    playingQuality: () => hls.currentLevel,
    setQuality(id) {
      hls.nextLevel = id;
    },
    captions: () => hls.subtitleTracks.map(captionOf),
    caption: () => (hls.subtitleDisplay ? hls.subtitleTrack : OFF),
    setCaption(id) {
      hls.subtitleDisplay = id !== OFF;
      hls.subtitleTrack = id;
    },
    finish() {
      for (const type of ["video", "audio"] as const) hls.trigger(Hls.Events.BUFFER_EOS, { type });
    },
    recoverMedia: () => hls.recoverMediaError(),
    reload() {
      hls.stopLoad();
      hls.startLoad(video.currentTime);
    },
    destroy: () => hls.destroy(),
  };
}

/** The opening's Media Source as hls.js hands one from player to player. */
function takenOver(media: HTMLMediaElement, { mediaSource, video, audio }: Opened): MediaAttachingData {
  const track = (id: "main" | "audio", kind: "video" | "audio", { buffer, codec }: OpenedTrack) => ({
    id,
    container: `${kind}/mp4`,
    codec,
    levelCodec: codec,
    buffer,
    listeners: [],
  });
  return {
    media,
    mediaSource,
    tracks: {
      video: track("main", "video", video),
      ...(audio && { audio: track("audio", "audio", audio) }),
    },
  };
}

/** The date of what was appended and the media time at which it lies; undefined where either is unknown. */
function datedMedia({ frag, part }: FragBufferedData): { dateMs: number; mediaS: number } | undefined {
  const { video, audio } = (part ?? frag).elementaryStreams;
  const startS = (video ?? audio)?.startPTS;
  if (startS === undefined || frag.programDateTime === null) return undefined;
  return { mediaS: startS, dateMs: frag.programDateTime + (part?.fragOffset ?? 0) * 1000 };
}

/** Date at which what is listed ends; NaN without dates. */
function listedEndMs({ partList, fragments }: LevelDetails): number {
  const part = partList?.at(-1);
  if (!part) return fragments.at(-1)?.endProgramDateTime ?? Number.NaN;
  return (part.fragment.programDateTime ?? Number.NaN) + (part.fragOffset + part.duration) * 1000;
}

function qualityOf({ height, bitrate: bps, name }: Level, id: number): Quality {
  return { id, label: height ? `${height}p` : name || bitrate(bps), bitrateBps: bps };
}

function captionOf({ name, lang }: { name: string; lang?: string }, id: number): Caption {
  return { id, label: name || lang || `Captions ${id + 1}` };
}
