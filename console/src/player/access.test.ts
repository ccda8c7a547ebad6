import { describe, expect, it } from "vitest";
import { playlistPath, takeToken, tokenIn, withNewest } from "./access";

describe("a private channel's addresses", () => {
  it("begin with the token, where there is one", () => {
    expect(tokenIn("?x=1&token=a.b-c_d")).toBe("a.b-c_d");
    expect(tokenIn("")).toBe("");
    expect(playlistPath("demo", "a.b")).toBe("/live/~a.b/demo/index.m3u8");
    expect(playlistPath("demo", "")).toBe("/live/demo/index.m3u8");
  });

  it("carry the newest token on", () => {
    const old = "http://h/live/~old/demo/video/part-s-1.m4s";
    expect(takeToken("http://h/live/demo/index.m3u8")).toBe(false);
    expect(withNewest(old)).toBe(old);
    expect(takeToken("http://h/live/~new/demo/index.m3u8")).toBe(true);
    expect(takeToken("/live/~new/demo/index.m3u8")).toBe(false);
    expect(withNewest(old)).toBe("http://h/live/~new/demo/video/part-s-1.m4s");
    expect(withNewest("http://h/live/demo/index.m3u8")).toBe("http://h/live/demo/index.m3u8");
  });
});
