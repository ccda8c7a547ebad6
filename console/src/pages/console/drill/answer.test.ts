import { describe, expect, it } from "vitest";
import type { IndicatorAnswer } from "../../../api/telemetry-types";
import { change, oneNumber, parts, series, verdict } from "./answer";

const column = (name: string) => ({ name, type: "number" as const, unit: "" });

function answer(columns: string[], rows: IndicatorAnswer["rows"], step_s = 0): IndicatorAnswer {
  return { columns: columns.map(column), rows, queries: [], from: 0, to: 50, step_s, more: false };
}

describe("an answer", () => {
  it("gives a number, and nothing where there are no data: never 0", () => {
    expect(oneNumber(answer(["plays"], [[7]]), "plays")).toBe(7);
    expect(oneNumber(answer(["plays"], [[0]]), "plays")).toBe(0);
    for (const none of [
      answer(["plays"], [[null]]),
      answer(["plays"], []),
      answer(["other"], [[7]]),
      undefined,
    ])
      expect(oneNumber(none, "plays")).toBeNull();
  });
  it("gives every step a place, with a gap where no row is", () => {
    const found = series(
      answer(
        ["at", "plays"],
        [
          [0, 1],
          [20, 3],
          [40, null],
        ],
        10,
      ),
      "plays",
    );
    expect(found.at).toEqual([0, 10, 20, 30, 40]);
    expect(found.values).toEqual([1, null, 3, null, null]);
  });
  it("gives the parts of a split, leaving out what has no name", () => {
    const found = parts(
      answer(
        ["region", "plays", "ratio"],
        [
          ["a", 1, null],
          ["", 2, 0.1],
          [null, 3, 0.2],
        ],
      ),
      "region",
    );
    expect(found).toEqual([{ value: "a", numbers: { plays: 1, ratio: null } }]);
  });
});

describe("a change", () => {
  it("is told against what was, where there was anything", () => {
    expect(change(3, 2)).toBeCloseTo(0.5);
    expect(change(3, 0)).toBeNull();
    expect(change(null, 2)).toBeNull();
    expect(change(3, null)).toBeNull();
  });
  it("is good or bad by the indicator's direction, and neither when it is small", () => {
    expect(verdict(0.5, "down")).toBe("worse");
    expect(verdict(0.5, "up")).toBe("better");
    expect(verdict(-0.5, "down")).toBe("better");
    expect(verdict(0.5, "none")).toBe("same");
    expect(verdict(0.01, "down")).toBe("same");
  });
});
