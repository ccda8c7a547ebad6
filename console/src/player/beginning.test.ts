import { describe, expect, it } from "vitest";
import { audioBeginning, firstChoice, listedParts, videoBeginning } from "./beginning";

const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,CHANNELS="2",URI="audio/index.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="en",URI="subs/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2681549,AVERAGE-BANDWIDTH=2500000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"
video/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.64001e,mp4a.40.2",AUDIO="audio"
low/index.m3u8
`;
const BASE = "http://h/live/a/index.m3u8";
const EPOCH = Date.parse("2026-03-04T05:06:07.000Z");

describe("firstChoice", () => {
  it("is the first variant with the default audio of its group, each with its codec", () => {
    expect(firstChoice(MULTIVARIANT, BASE)).toEqual({
      video: { url: "http://h/live/a/video/index.m3u8", codec: "avc1.64001f" },
      audio: { url: "http://h/live/a/audio/index.m3u8", codec: "mp4a.40.2" },
    });
  });

  it("does without sound where there is none", () => {
    const silent = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="hvc1.1.6.L93.B0"\nvideo/index.m3u8';
    expect(firstChoice(silent, BASE)?.audio).toBeUndefined();
  });

  it("is nothing in a channel without pictures, a media playlist, or what is none", () => {
    expect(
      firstChoice('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="mp4a.40.2"\na.m3u8', BASE),
    ).toBeUndefined();
    expect(firstChoice("#EXTM3U\n#EXTINF:2,\nseg.m4s\n", BASE)).toBeUndefined();
    expect(firstChoice("<html></html>", BASE)).toBeUndefined();
  });
});

const part = (n: number, keyframe = false) =>
  `#EXT-X-PART:DURATION=0.2,URI="part-${n}.m4s"${keyframe ? ",INDEPENDENT=YES" : ""}`;
const segment = (second: number, ...lines: string[]) =>
  [`#EXT-X-PROGRAM-DATE-TIME:2026-03-04T05:06:0${second}.000Z`, ...lines].join("\n");
const playlist = (...lines: string[]) => ["#EXTM3U", '#EXT-X-MAP:URI="init-0.mp4"', ...lines].join("\n");
const names = (parts: readonly { url: string }[] | undefined) =>
  parts?.map(({ url }) => url.split("/").at(-1));

describe("listedParts", () => {
  it("places every part in the window and on the wall clock", () => {
    const text = playlist(
      segment(7, "#EXTINF:1,", "seg-0.m4s"),
      segment(8, part(5, true), part(6), "#EXTINF:0.4,", "seg-1.m4s"),
      segment(9, part(7, true), '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-8.m4s"'),
    );
    const parts = listedParts(text, "http://h/a/index.m3u8");
    expect(parts.map(({ startS }) => startS)).toEqual([1, 1.2, 1.4]);
    expect(parts.map(({ dateMs }) => dateMs - EPOCH)).toEqual([1000, 1200, 2000]);
    expect(parts.map(({ independent }) => independent)).toEqual([true, false, true]);
    expect(parts[0]).toMatchObject({ url: "http://h/a/part-5.m4s", mapUrl: "http://h/a/init-0.mp4" });
  });

  it("finds nothing where nothing is live or nothing is in parts", () => {
    expect(listedParts(playlist(part(0, true), "#EXT-X-ENDLIST"), BASE)).toEqual([]);
    expect(listedParts(playlist("#EXTINF:2,", "seg.m4s"), BASE)).toEqual([]);
    expect(listedParts("<html></html>", BASE)).toEqual([]);
  });
});

describe("videoBeginning", () => {
  const of = (...lines: string[]) =>
    names(videoBeginning(listedParts(playlist(segment(7, ...lines)), "http://h/a/i.m3u8"))?.parts);

  it("is the newest keyframe that is three parts from the edge", () => {
    expect(of(part(0, true), part(1), part(2, true), part(3), part(4))?.[0]).toBe("part-2.m4s");
    expect(of(part(0, true), part(1), part(2), part(3, true))?.[0]).toBe("part-0.m4s");
    expect(of(part(0, true), part(1), part(2))).toEqual(["part-0.m4s", "part-1.m4s", "part-2.m4s"]);
  });

  it("is nothing without a keyframe, or across a break in the stream", () => {
    expect(of(part(0), part(1), part(2), part(3))).toBeUndefined();
    expect(of(part(0, true), part(1), "#EXT-X-DISCONTINUITY", part(2), part(3))).toBeUndefined();
    expect(of(part(0, true), part(1), '#EXT-X-MAP:URI="init-1.mp4"', part(2), part(3))).toBeUndefined();
  });
});

describe("audioBeginning", () => {
  const parts = listedParts(playlist(segment(7, part(0), part(1), part(2), part(3))), "http://h/a/i.m3u8");

  it("reaches back to where the pictures begin, and a frame of sound further", () => {
    expect(names(audioBeginning(parts, EPOCH + 450)?.parts)).toEqual(["part-2.m4s", "part-3.m4s"]);
    expect(names(audioBeginning(parts, EPOCH + 410)?.parts)?.[0]).toBe("part-1.m4s");
  });

  it("is nothing where the list begins too late", () => {
    expect(audioBeginning(parts, EPOCH)).toBeUndefined();
  });
});
