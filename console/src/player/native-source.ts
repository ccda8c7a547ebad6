/** The source by the browser's own HLS: Safari where Media Source Extensions are missing. */

import { AUTO, OFF, type Source, type SourceRequest } from "./source";

/** Safari's `getStartDate`: the wall time of media time 0, from EXT-X-PROGRAM-DATE-TIME. */
interface DatedVideo extends HTMLVideoElement {
  getStartDate?: () => Date;
}

export function openNative({ video, url, events }: SourceRequest): Source {
  const dated: DatedVideo = video;
  const onError = () => events.onFatal("network", `media error ${video.error?.code ?? 0}`);
  video.addEventListener("error", onError);
  video.textTracks.addEventListener?.("addtrack", events.onTracks);
  video.src = url;

  const end = () => (video.seekable.length ? video.seekable.end(video.seekable.length - 1) : Number.NaN);
  const captionTracks = () =>
    [...video.textTracks].filter(({ kind }) => kind === "subtitles" || kind === "captions");

  return {
    name: "native",
    version: "",
    live: () => !Number.isFinite(video.duration),
    edgeS: end,
    listedEndS: end,
    windowStartS: () => (video.seekable.length ? video.seekable.start(0) : Number.NaN),
    holdBackS: () => 0,
    programTimeMs: (mediaTimeS) => (dated.getStartDate?.().getTime() ?? Number.NaN) + mediaTimeS * 1000,
    stats: () => ({ bitrateBps: 0, bandwidthBps: 0, codecs: "", partTargetS: 0, rendition: "" }),
    qualities: () => [],
    quality: () => AUTO,
    playingQuality: () => AUTO,
    setQuality: () => {},
    captions: () => captionTracks().map(({ label, language }, id) => ({ id, label: label || language })),
    caption: () => captionTracks().findIndex(({ mode }) => mode === "showing"),
    setCaption(chosen) {
      captionTracks().forEach((track, id) => {
        track.mode = id === chosen && chosen !== OFF ? "showing" : "disabled";
      });
    },
    recoverMedia: () => video.load(),
    finish: () => undefined, // it knows the end by itself
    reload: () => video.load(),
    destroy() {
      video.removeEventListener("error", onError);
      video.textTracks.removeEventListener?.("addtrack", events.onTracks);
      video.removeAttribute("src");
      video.load();
    },
  };
}
