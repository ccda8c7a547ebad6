import { describe, expect, it } from "vitest";
import { isLive, seekTarget, shownLatencyS, snapsToLive, spokenPosition } from "./timeline";

describe("shownLatencyS", () => {
  it("trusts the wall clock where it agrees with the playlist", () => {
    expect(shownLatencyS(0.72, 0.65)).toBe(0.72);
  });
  it("falls back where the viewer's clock is off, either way", () => {
    expect(shownLatencyS(305, 0.65)).toBe(0.65);
    expect(shownLatencyS(-12, 0.65)).toBe(0.65);
    expect(shownLatencyS(Number.NaN, 0.65)).toBe(0.65);
  });
});

describe("the DVR window", () => {
  it("keeps a seek inside it", () => {
    expect(seekTarget(100, 30, 10)).toBe(90);
    expect(seekTarget(100, 30, 99)).toBe(70);
    expect(seekTarget(100, 30, -5)).toBe(100);
  });
  it("knows what is live and what snaps to it", () => {
    expect([isLive(0.7), isLive(3.1)]).toEqual([true, false]);
    expect([snapsToLive(1), snapsToLive(2)]).toEqual([true, false]);
  });
  it("speaks positions", () => {
    expect(spokenPosition(0.6)).toBe("Live");
    expect(spokenPosition(12.2)).toBe("12 seconds behind live");
    expect(spokenPosition(61)).toBe("1 minute 1 second behind live");
    expect(spokenPosition(120)).toBe("2 minutes behind live");
  });
});
