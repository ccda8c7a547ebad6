import { afterEach, describe, expect, it, vi } from "vitest";
import { dropPrefetched, prefetchPlaylist, takePrefetched } from "./prefetch";

afterEach(() => vi.unstubAllGlobals());

function answering(text: string, status = 200): void {
  vi.stubGlobal("fetch", async () => new Response(text, { status }));
}

describe("prefetchPlaylist", () => {
  it("gives each playlist out once", async () => {
    answering("#EXTM3U");
    expect((await prefetchPlaylist("http://h/a.m3u8"))?.text).toBe("#EXTM3U");
    expect((await takePrefetched("http://h/a.m3u8"))?.text).toBe("#EXTM3U");
    expect(takePrefetched("http://h/a.m3u8")).toBeUndefined();
  });

  it("gives nothing where the server refused or was away", async () => {
    answering("", 404);
    await prefetchPlaylist("http://h/b.m3u8");
    expect(await takePrefetched("http://h/b.m3u8")).toBeUndefined();
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("refused");
    });
    await prefetchPlaylist("http://h/c.m3u8");
    expect(await takePrefetched("http://h/c.m3u8")).toBeUndefined();
  });

  it("gives nothing that has grown old or was dropped", async () => {
    answering("#EXTM3U");
    await prefetchPlaylist("http://h/d.m3u8");
    const later = performance.now() + 60_000;
    vi.spyOn(performance, "now").mockReturnValue(later);
    expect(await takePrefetched("http://h/d.m3u8")).toBeUndefined();
    await prefetchPlaylist("http://h/e.m3u8");
    dropPrefetched();
    expect(takePrefetched("http://h/e.m3u8")).toBeUndefined();
  });
});
