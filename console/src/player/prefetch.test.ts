import { afterEach, describe, expect, it, vi } from "vitest";
import { firstMedia, firstPlaylists, prefetchChannel, takePrefetched } from "./prefetch";

const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",DEFAULT=YES,URI="audio/index.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="en",URI="subs/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2681549,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"
video/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,AUDIO="audio"
low/index.m3u8
`;

afterEach(() => vi.unstubAllGlobals());

describe("firstPlaylists", () => {
  it("names the first variant and the default audio", () => {
    expect(firstPlaylists(MULTIVARIANT, "http://h/live/a/index.m3u8")).toEqual([
      "http://h/live/a/video/index.m3u8",
      "http://h/live/a/audio/index.m3u8",
    ]);
  });

  it("names nothing in what is no multivariant playlist", () => {
    expect(firstPlaylists("#EXTM3U\n#EXTINF:2,\nseg.m4s\n", "http://h/x")).toEqual([]);
    expect(firstPlaylists("<html></html>", "http://h/x")).toEqual([]);
  });
});

describe("firstMedia", () => {
  const part = (n: number, keyframe = false) =>
    `#EXT-X-PART:DURATION=0.2,URI="part-${n}.m4s"${keyframe ? ",INDEPENDENT=YES" : ""}`;
  const media = (...parts: string[]) => ["#EXTM3U", '#EXT-X-MAP:URI="init-0.mp4"', ...parts].join("\n");
  const names = (text: string) =>
    firstMedia(text, "http://h/a/index.m3u8").map((url) => url.split("/").at(-1));

  it("begins at the newest keyframe that is three parts from the edge", () => {
    expect(names(media(part(0, true), part(1), part(2, true), part(3), part(4)))).toEqual([
      "init-0.mp4",
      "part-2.m4s",
      "part-3.m4s",
      "part-4.m4s",
    ]);
    expect(names(media(part(0, true), part(1), part(2), part(3, true)))[1]).toBe("part-0.m4s");
  });

  it("takes the last parts of audio, which has no keyframes", () => {
    expect(names(media(part(0), part(1), part(2), part(3), part(4)))).toEqual([
      "init-0.mp4",
      "part-2.m4s",
      "part-3.m4s",
      "part-4.m4s",
    ]);
  });

  it("finds nothing in a playlist without parts", () => {
    expect(names("#EXTM3U\n#EXTINF:2,\nseg.m4s")).toEqual([]);
  });
});

describe("prefetchChannel", () => {
  it("fetches the playlists and gives each out once", async () => {
    vi.stubGlobal("fetch", async (url: string) => {
      const response = new Response(url.endsWith("a/index.m3u8") ? MULTIVARIANT : "#EXTM3U");
      Object.defineProperty(response, "url", { value: url });
      return response;
    });
    prefetchChannel("http://h/live/a/index.m3u8");
    expect((await takePrefetched("http://h/live/a/index.m3u8"))?.text).toBe(MULTIVARIANT);
    expect(takePrefetched("http://h/live/a/index.m3u8")).toBeUndefined();
    await vi.waitFor(async () => {
      expect((await takePrefetched("http://h/live/a/video/index.m3u8"))?.text).toBe("#EXTM3U");
    });
  });

  it("gives nothing where the server refused or was away", async () => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
    prefetchChannel("http://h/live/b/index.m3u8");
    expect(await takePrefetched("http://h/live/b/index.m3u8")).toBeUndefined();
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("refused");
    });
    prefetchChannel("http://h/live/c/index.m3u8");
    expect(await takePrefetched("http://h/live/c/index.m3u8")).toBeUndefined();
  });
});
