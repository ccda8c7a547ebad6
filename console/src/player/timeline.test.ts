import { describe, expect, it } from "vitest";
import { isLive, programTimeMs, seekTarget, shownLatencyS, snapsToLive, spokenPosition } from "./timeline";

const segments = [
  { start: 0, duration: 2, programDateTime: 1_000_000 },
  { start: 2, duration: 2, programDateTime: 1_002_000 },
  { start: 4, duration: 2, programDateTime: 1_064_000 }, // after a gap of a minute
];

describe("programTimeMs", () => {
  it("adds to the date of the segment that holds the time", () => {
    expect(programTimeMs(segments, 1.5)).toBe(1_001_500);
  });
  it("takes the date after a discontinuity, not the one before it", () => {
    expect(programTimeMs(segments, 4.5)).toBe(1_064_500);
  });
  it("goes on past the last listed end, where parts play before their segment is listed", () => {
    expect(programTimeMs(segments, 6.4)).toBe(1_066_400);
  });
  it("knows nothing before the window and without dates", () => {
    expect(programTimeMs(segments, -1)).toBeNaN();
    expect(programTimeMs([{ start: 0, duration: 2, programDateTime: null }], 1)).toBeNaN();
  });
});

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
