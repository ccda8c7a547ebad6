import { describe, expect, it } from "vitest";
import * as f from "./format";

describe("format", () => {
  it("gives bitrates their unit", () => {
    expect(f.bitrate(128_000)).toBe("128 kbps");
    expect(f.bitrate(2_700_000)).toBe("2.70 Mbps");
    expect(f.bitrate(4.1e9)).toBe("4.10 Gbps");
    expect(f.bitrate(Number.NaN)).toBe(f.UNKNOWN);
  });
  it("gives bytes their unit", () => {
    expect(f.bytes(999)).toBe("999 B");
    expect(f.bytes(1_500)).toBe("1.5 KB");
    expect(f.bytes(252e9)).toBe("252 GB");
  });
  it("says lengths of time in two units at most", () => {
    expect([5, 59.9, 60, 3_725, 90_000].map(f.duration)).toEqual([
      "5 s",
      "59 s",
      "1 min",
      "1 h 02 min",
      "1 d 1 h",
    ]);
    expect(f.duration(-1)).toBe(f.UNKNOWN);
  });
  it("runs clocks", () => {
    expect([7, 754, 3_723, -3].map(f.clock)).toEqual(["0:07", "12:34", "1:02:03", "0:00"]);
  });
  it("says how long ago", () => {
    expect(f.ago(100, 101)).toBe("just now");
    expect(f.ago(100, 160)).toBe("1 min ago");
  });
  it("counts", () => {
    expect([0, 1_284, 12_345, 2_000_000].map(f.count)).toEqual(["0", "1,284", "12.3K", "2M"]);
    expect([f.plural(1, "viewer"), f.plural(2, "viewer")]).toEqual(["1 viewer", "2 viewers"]);
    expect(f.percent(1, 0)).toBe(f.UNKNOWN);
  });
  it("names codecs", () => {
    expect(
      ["avc1.640028", "hvc1.1.6.L93.B0", "av01.0.08M.08", "mp4a.40.2", "Opus", "xyz"].map(f.codecName),
    ).toEqual(["H.264", "HEVC", "AV1", "AAC", "Opus", "xyz"]);
  });
});
