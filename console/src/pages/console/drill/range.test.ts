import { describe, expect, it } from "vitest";
import {
  before,
  DEFAULT_RANGE,
  ends,
  everyMs,
  PRESETS,
  parseRange,
  rangeParams,
  span,
  stepFor,
  wholeSteps,
} from "./range";

const NOW = 1_764_000_007.4;

describe("a time range", () => {
  it("is read from an address, and the usual one where that says nonsense", () => {
    const read = (search: string) => parseRange(new URLSearchParams(search));
    expect(read("last=3600")).toEqual({ lastS: 3600 });
    expect(read("from=100&to=200")).toEqual({ from: 100, to: 200 });
    for (const wrong of [
      "",
      "last=x",
      "last=1",
      "last=1e99",
      "from=200&to=100",
      "from=100&to=101",
      "from=a&to=b",
    ])
      expect(read(wrong)).toEqual(DEFAULT_RANGE);
  });
  it("is written so that it is read again", () => {
    for (const range of [{ lastS: 3600 }, { from: 100, to: 200 }, DEFAULT_RANGE])
      expect(parseRange(new URLSearchParams(rangeParams(range)))).toEqual(range);
  });
  it("moves with the time, or stays", () => {
    expect(ends({ lastS: 60 }, NOW)).toEqual({ from: NOW - 60, to: NOW });
    expect(ends({ from: 1, to: 99 }, NOW)).toEqual({ from: 1, to: 99 });
  });
  it("has one of the same length before it", () => {
    expect(before({ lastS: 60 }, NOW)).toEqual({ from: NOW - 120, to: NOW - 60 });
  });
  it("has no more than a hundred points, at steps that people know", () => {
    for (const { lastS } of PRESETS) {
      const step = stepFor({ lastS });
      expect(lastS / step).toBeLessThanOrEqual(100);
      expect(lastS / step).toBeGreaterThanOrEqual(50);
    }
    expect(stepFor({ from: 0, to: 10 })).toBe(1);
  });
  it("ends a chart with the last step that is over", () => {
    const { from, to } = wholeSteps({ lastS: 900 }, NOW, 10);
    expect(to).toBe(1_764_000_000);
    expect(from % 10).toBe(0);
    expect(to - from).toBe(span({ lastS: 900 }));
  });
  it("is asked for again within 2 s where people wait for it, and seldom where it is over", () => {
    expect(everyMs({ lastS: 300 })).toBeLessThanOrEqual(2_000);
    expect(everyMs({ from: 1, to: 99 })).toBeGreaterThan(60_000);
  });
});
