/**
 * The first seconds of a live channel, on the screen before the player's library has arrived.
 *
 * In: a channel's playlist address. Out: a video element that plays the newest keyframe and what follows it, and the
 * Media Source behind it, which hls.js then takes over and goes on feeding. This file and what it imports are a few
 * kilobytes: the picture needs no more. The timeline is hls.js's own (see `beginning.ts`), and it gets the very
 * playlists that were read here, so that what it appends continues what lies there. Anything unexpected ends the
 * opening, and the library begins by itself.
 */

import { playlistPath, tokenIn } from "./access";
import {
  audioBeginning,
  type Beginning,
  type Choice,
  firstChoice,
  listedParts,
  type StreamChoice,
  videoBeginning,
} from "./beginning";
import { decodeTimeS } from "./fragment-time";
import { applyVolume, loadVolume } from "./preferences";
import { dropPrefetched, type Prefetched, prefetchPlaylist, takePrefetched } from "./prefetch";

const ENCRYPTED = "#EXT-X-KEY:METHOD=AES-128";
/** Older than this its media has left the live edge, milliseconds. */
const USABLE_MS = 8_000;
/** More than the opening may hold; the library says what can really be sought, seconds. */
const SEEKABLE_S = 30;
/** The page waits no longer than this for the picture, milliseconds. */
const PAGE_WAITS_MS = 300;

export interface OpenedTrack {
  buffer: SourceBuffer;
  codec: string;
}

/** What the library takes over. */
export interface Opened {
  mediaSource: MediaSource;
  video: OpenedTrack;
  audio: OpenedTrack | undefined;
  /** Where its media begins on the element's timeline, seconds. */
  startS: number;
  /** The playlists it was read from, each once; undefined for any other address. */
  takePlaylist(url: string): Promise<Prefetched | undefined> | undefined;
}

export interface Opening {
  url: string;
  video: HTMLVideoElement;
  /** `performance.now()` at which it was begun. */
  beganMs: number;
  opened: Promise<Opened | undefined>;
  /** Time of the first frame on the screen, on `performance.now()`'s clock; never, where it fails. */
  shown: Promise<number>;
}

/** A stream with its bytes under way. */
interface Fetching {
  choice: StreamChoice;
  init: Promise<ArrayBuffer>;
  parts: Promise<ArrayBuffer>[];
}

let current: Opening | undefined;

/** Begin to open a channel, in a video element of its own that stands where the page will have it. */
export function beginOpening(playlistUrl: string): void {
  const beganMs = performance.now();
  const url = new URL(playlistUrl, location.href).href;
  const video = document.createElement("video");
  video.className = "stage-video";
  video.playsInline = true;
  applyVolume(video, loadVolume());
  const shown = new Promise<number>((resolve) => {
    if ("requestVideoFrameCallback" in video) {
      video.requestVideoFrameCallback((_now, { expectedDisplayTime }) => resolve(expectedDisplayTime));
    } else {
      (video as HTMLVideoElement).addEventListener("loadeddata", () => resolve(performance.now()));
    }
  });
  const opened = open(url, video).catch(() => undefined);
  void opened.then((done) => {
    if (!done) fail(video);
  });
  void video.play().catch(() => undefined); // where the browser refuses, the page will offer what is needed
  const stage = stageFor(video);
  if (document.body) document.body.append(stage);
  else
    document.addEventListener(
      "DOMContentLoaded",
      () => current?.video === video && document.body.append(stage),
    );
  current = { url, video, beganMs, opened, shown };
}

/** Resolves when drawing the page no longer delays the picture: it is there, there will be none, or it takes long. */
export async function openingShown(): Promise<void> {
  if (!current) return;
  const { shown, opened } = current;
  const failed = opened.then((done) => (done ? shown : undefined));
  await Promise.race([shown, failed, new Promise((on) => setTimeout(on, PAGE_WAITS_MS))]);
}

/** The watch page's stage around an element, until the page is there. */
function stageFor(video: HTMLVideoElement): HTMLElement {
  return ["stage", "watch-main", "watch"].reduce<HTMLElement>((inner, name) => {
    const outer = document.createElement("div");
    outer.className = name;
    outer.append(inner);
    return outer;
  }, video);
}

/** The element and what plays in it, for whoever shows the channel; only once, and not when it has grown old. */
export function takeOpening(playlistUrl: string): Opening | undefined {
  const taken = current;
  if (!taken) return undefined;
  current = undefined;
  const fits = taken.url === new URL(playlistUrl, location.href).href;
  taken.video.closest(".watch")?.remove();
  if (fits && performance.now() - taken.beganMs < USABLE_MS) return taken;
  fail(taken.video);
  return undefined;
}

function fail(video: HTMLVideoElement): void {
  dropPrefetched();
  video.removeAttribute("src");
  video.load();
}

async function open(url: string, video: HTMLVideoElement): Promise<Opened | undefined> {
  const source = window.MediaSource && !window.ManagedMediaSource ? attach(video) : undefined;
  const multivariant = await prefetchPlaylist(url);
  const choice = multivariant && firstChoice(multivariant.text, url);
  if (!choice) return undefined;
  const fetching = await fetchBeginnings(choice);
  if (!fetching || !source) return undefined;
  const { video: pictures, audio: sound, startS } = fetching;
  const mediaSource = await source;
  const first = pictures.parts[0];
  if (!first || !supported(pictures, "video") || (sound && !supported(sound, "audio"))) return undefined;
  const offsetS = startS - decodeTimeS(await pictures.init, await first);
  if (!Number.isFinite(offsetS)) return undefined;
  const buffers = [
    track(mediaSource, pictures, "video"),
    sound && track(mediaSource, sound, "audio"),
  ] as const;
  // without either the seek would be cut to, or refused for, what the first bytes happen to make seekable
  mediaSource.duration = Number.POSITIVE_INFINITY;
  mediaSource.setLiveSeekableRange?.(0, startS + SEEKABLE_S);
  const seek = () => {
    video.currentTime = startS;
  };
  video.addEventListener("loadedmetadata", seek, { once: true });
  await Promise.all([
    feed(buffers[0].buffer, pictures, offsetS),
    buffers[1] && sound && feed(buffers[1].buffer, sound, offsetS),
  ]);
  return { mediaSource, video: buffers[0], audio: buffers[1], startS, takePlaylist: takePrefetched };
}

/** Fetch the media playlists, then at once what they begin with; undefined where that cannot be told. */
async function fetchBeginnings(
  choice: Choice,
): Promise<{ video: Fetching; audio: Fetching | undefined; startS: number } | undefined> {
  const [pictures, sound] = await Promise.all([
    prefetchPlaylist(choice.video.url),
    choice.audio && prefetchPlaylist(choice.audio.url),
  ]);
  const video = pictures && videoBeginning(listedParts(pictures.text, choice.video.url));
  const first = video?.parts[0];
  if (!video || !first || pictures.text.includes(ENCRYPTED)) return undefined; // the library decrypts
  const audio =
    choice.audio && sound && audioBeginning(listedParts(sound.text, choice.audio.url), first.dateMs);
  if (choice.audio && !audio) return undefined;
  return {
    startS: first.startS,
    video: fetchMedia(choice.video, video),
    audio: choice.audio && audio && fetchMedia(choice.audio, audio),
  };
}

function fetchMedia(choice: StreamChoice, { mapUrl, parts }: Beginning): Fetching {
  const all = [mapUrl, ...parts.map(({ url }) => url)].map(fetchBytes);
  for (const each of all) each.catch(() => undefined); // awaited in turn; a later one may fail first
  const [init, ...rest] = all;
  return { choice, init: init as Promise<ArrayBuffer>, parts: rest };
}

/** By the browser's cache, where the library finds it: an address of media never means anything else. */
async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.arrayBuffer();
}

function attach(video: HTMLVideoElement): Promise<MediaSource> {
  const mediaSource = new MediaSource();
  const address = URL.createObjectURL(mediaSource);
  video.src = address;
  return new Promise((resolve) => {
    mediaSource.addEventListener(
      "sourceopen",
      () => {
        URL.revokeObjectURL(address);
        resolve(mediaSource);
      },
      { once: true },
    );
  });
}

function typeOf({ choice }: Fetching, kind: "video" | "audio"): string {
  return `${kind}/mp4;codecs=${choice.codec}`;
}

function supported(fetching: Fetching, kind: "video" | "audio"): boolean {
  return MediaSource.isTypeSupported(typeOf(fetching, kind));
}

function track(mediaSource: MediaSource, fetching: Fetching, kind: "video" | "audio"): OpenedTrack {
  return { buffer: mediaSource.addSourceBuffer(typeOf(fetching, kind)), codec: fetching.choice.codec };
}

/** Append the stream in order as it arrives; afterwards the buffer is as the library would have made it. */
async function feed(buffer: SourceBuffer, { init, parts }: Fetching, offsetS: number): Promise<void> {
  await append(buffer, await init);
  buffer.timestampOffset = offsetS;
  for (const part of parts) await append(buffer, await part);
  buffer.timestampOffset = 0;
}

function append(buffer: SourceBuffer, bytes: ArrayBuffer): Promise<void> {
  return new Promise((resolve, reject) => {
    buffer.addEventListener("updateend", () => resolve(), { once: true });
    buffer.addEventListener("error", () => reject(new Error("the media cannot be appended")), { once: true });
    buffer.appendBuffer(bytes);
  });
}

/** The channel that an address of the watch page names, as it stands there. */
export function watchedChannel(path: string): string | undefined {
  return /^\/watch\/([^/]+)\/?$/.exec(path)?.[1];
}

/** The channel's playlist, below the token that the page's address brings where the channel is private. */
export function playlistAddress(channel: string): string {
  return playlistPath(decodeURIComponent(channel), tokenIn(location.search));
}

// the watch page asks for this file before all others: the media is under way while the page's own code still is
const channel = watchedChannel(location.pathname);
if (channel) beginOpening(playlistAddress(channel));
