/** The source by hls.js. Loaded lazily: this module brings the library with it. */

import Hls, { type Level, type LevelDetails } from "hls.js";
import { bitrate } from "../ui/format";
import { hlsConfig } from "./config";
import { AUTO, type Caption, OFF, type Quality, type Source, type SourceRequest } from "./source";
import { type DatedSegment, programTimeMs } from "./timeline";

export function openHls({ video, url, channel, sessionId, from, events }: SourceRequest): Source {
  const hls = new Hls({ ...hlsConfig(channel, sessionId), startPosition: from === "start" ? 0 : -1 });

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
  hls.attachMedia(video);
  hls.loadSource(new URL(url, location.href).href); // absolute: hls.js hands it on as it is, and CMCD parses it

  const details = (): LevelDetails | null => hls.latestLevelDetails;
  const level = (): Level | undefined => hls.levels[hls.currentLevel] ?? hls.levels[hls.loadLevel];

  return {
    name: "hls.js",
    live: () => details()?.live ?? true,
    edgeS() {
      const now = details();
      return now ? now.edge + now.age : Number.NaN;
    },
    listedEndS: () => details()?.edge ?? Number.NaN,
    windowStartS: () => details()?.fragmentStart ?? Number.NaN,
    holdBackS: () => details()?.partHoldBack ?? 0,
    programTimeMs(mediaTimeS) {
      const now = details();
      return now ? programTimeMs(segmentsOf(now), mediaTimeS) : Number.NaN;
    },
    stats: () => ({
      bitrateBps: level()?.bitrate ?? 0,
      bandwidthBps: hls.bandwidthEstimate,
      codecs: [level()?.videoCodec, level()?.audioCodec].filter(Boolean).join(", "),
      partTargetS: details()?.partTarget ?? 0,
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
    recoverMedia: () => hls.recoverMediaError(),
    reload() {
      hls.stopLoad();
      hls.startLoad(video.currentTime);
    },
    destroy: () => hls.destroy(),
  };
}

/** Listed segments with the one still growing, whose parts already play. */
function segmentsOf({ fragments, fragmentHint }: LevelDetails): DatedSegment[] {
  return fragmentHint ? [...fragments, fragmentHint] : fragments;
}

function qualityOf({ height, bitrate: bps, name }: Level, id: number): Quality {
  return { id, label: height ? `${height}p` : name || bitrate(bps), bitrateBps: bps };
}

function captionOf({ name, lang }: { name: string; lang?: string }, id: number): Caption {
  return { id, label: name || lang || `Captions ${id + 1}` };
}
