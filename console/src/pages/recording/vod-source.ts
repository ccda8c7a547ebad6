/** Plays whole segments from one playlist: a recording, or a running stream as far back as it is kept. */

import Hls from "hls.js";

export interface VodSource {
  destroy: () => void;
}

/** `onGone` is told when nothing can be played at the address any more. */
export function openVod(
  video: HTMLVideoElement,
  url: string,
  startS: number | undefined,
  onGone: () => void,
): VodSource {
  if (!Hls.isSupported()) {
    video.src = url;
    video.addEventListener("error", onGone, { once: true });
    return { destroy: () => video.removeAttribute("src") };
  }
  const hls = new Hls({
    lowLatencyMode: false,
    liveDurationInfinity: false,
    maxBufferLength: 20,
    backBufferLength: 60,
    startPosition: startS ?? -1,
  });
  hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else {
      hls.destroy();
      onGone();
    }
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return { destroy: () => hls.destroy() };
}
