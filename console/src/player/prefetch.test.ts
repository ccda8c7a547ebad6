import { afterEach, describe, expect, it, vi } from "vitest";
import { firstPlaylists, prefetchChannel, takePrefetched } from "./prefetch";

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
