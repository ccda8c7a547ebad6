import { describe, expect, it, vi } from "vitest";
import { spoken } from "./chart";
import { axisTime, axisTimes, rangeOf } from "./plot";

vi.mock("uplot", () => ({ default: class {} })); // it needs a canvas, which this document has not

describe("a chart", () => {
  it("has room for every limit, from nothing up", () => {
    const limit = { label: "limit", value: 5, tone: "bad" as const };
    expect(rangeOf(1, 2, [])[1]).toBeGreaterThan(2);
    expect(rangeOf(1, 2, [limit])).toEqual([0, 5 * 1.12]);
    expect(rangeOf(null, null, [])).toEqual([0, 1]);
    expect(rangeOf(-2, 1, [])[0]).toBeLessThan(-2);
  });
  it("names times as finely as it needs them", () => {
    expect(axisTime(0, 30)).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(axisTime(0, 600)).toMatch(/^\d\d:\d\d$/);
    expect(axisTime(0, 86_400)).toMatch(/^\d+ \w{3}$/);
  });
  it("leaves out a time that its edge would cut", () => {
    expect(axisTimes([0, 60, 120], 60, 125, 1)).toEqual([axisTime(0, 60), axisTime(60, 60), ""]);
    expect(axisTimes([0, 60, 120], 60, 180, 1)).not.toContain("");
  });
  it("is told in a sentence, with no data where there are none", () => {
    const line = { label: "p95", values: [1, 2, null], colour: 1 as const };
    const empty = { label: "p50", values: [null], colour: 2 as const };
    const said = spoken({
      label: "Latency",
      at: [1, 2, 3],
      lines: [line, empty],
      format: (value) => `${value} s`,
    });
    expect(said).toBe("Latency. Newest: p95 2 s, p50 --.");
  });
});
