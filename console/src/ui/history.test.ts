import { describe, expect, it } from "vitest";
import { appendPoint, type History } from "./history";

describe("appendPoint", () => {
  it("adds a point to every column", () => {
    expect(appendPoint([[1], [10], [20]], 2, [11, 21])).toEqual([
      [1, 2],
      [10, 11],
      [20, 21],
    ]);
  });

  it("ignores a repeated or older time", () => {
    const history: History = [[5], [1]];
    expect(appendPoint(history, 5, [2])).toBe(history);
    expect(appendPoint(history, 4, [2])).toBe(history);
  });

  it("keeps a bounded number of points, the newest", () => {
    let history: History = [[], []];
    for (let i = 1; i <= 400; i++) history = appendPoint(history, i, [i]);
    expect(history[0]).toHaveLength(150);
    expect(history[1]?.at(-1)).toBe(400);
  });
});
