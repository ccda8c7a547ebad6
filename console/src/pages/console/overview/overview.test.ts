import { describe, expect, it } from "vitest";
import { nodeStatus } from "../../../../dev/fixtures";
import { INDICATORS } from "../../../../dev/telemetry";
import type { Part } from "../drill/answer";
import { narrow, START } from "../drill/view";
import { JUDGED } from "./boards";
import { openDimensions, sorted } from "./breakdown";
import { judge, standing } from "./compare";
import { regionsOf } from "./region-strip";

const judged = JUDGED.flatMap((name) => INDICATORS.find((each) => each.name === name) ?? []);
const part = (value: string, rebuffer_ratio: number | null, concurrent_plays = 10): Part => ({
  value,
  numbers: { rebuffer_ratio, concurrent_plays },
});
const whole = (name: string) => (name === "rebuffer_ratio" ? 0.01 : null);

describe("a part against the whole", () => {
  it.each([
    [0.01, 0.01, "fine"],
    [0.016, 0.01, "worse"],
    [0.04, 0.01, "bad"],
    [0.004, 0.0001, "fine"], // small enough, whatever the whole is
    [0.02, 0, "bad"],
    [0.02, null, "unknown"],
    [null, 0.01, "unknown"],
  ])("%d of %d is %s", (value, all, expected) => {
    expect(standing(value, all, "ratio")).toBe(expected);
  });
  it("is judged by its worst indicator", () => {
    const found = judge(
      { value: "a", numbers: { rebuffer_ratio: 0.05, startup_time_p95: 1 } },
      whole,
      judged,
    );
    expect(found).toEqual({ standing: "bad", by: "rebuffer_ratio" });
    expect(judge({ value: "a", numbers: {} }, whole, judged).standing).toBe("unknown");
  });
});

describe("regions", () => {
  it("come with what stands out first, and with those that only have machines", () => {
    const node = { ...nodeStatus(1), region: "idle" };
    const found = regionsOf(
      [part("a", 0.01), part("b", 0.05)],
      [node, { ...node, region: "a" }],
      whole,
      judged,
    );
    expect(found.map((each) => each.part.value)).toEqual(["b", "a", "idle"]);
    expect(found.map(({ nodes }) => nodes)).toEqual([0, 1, 1]);
  });
});

describe("a split", () => {
  it("offers what is still open, a stream only within a channel", () => {
    const allowed = ["region", "channel", "stream", "device"];
    expect(openDimensions(START, allowed)).toEqual(["channel", "region", "device"]);
    expect(openDimensions(narrow(START, "channel", "demo"), allowed)).toEqual(["region", "stream", "device"]);
  });
  it("puts the largest first and what has no data last", () => {
    const list = sorted([part("a", null), part("b", 0.1), part("c", 0.2)], "rebuffer_ratio");
    expect(list.map(({ value }) => value)).toEqual(["c", "b", "a"]);
  });
});
