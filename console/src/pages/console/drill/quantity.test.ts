import { describe, expect, it } from "vitest";
import { changeText, NO_DATA, quantity, shortTitle } from "./quantity";

describe("a quantity", () => {
  it.each([
    [0.0042, "ratio", "0.42 %"],
    [0.031, "ratio", "3.1 %"],
    [0.87, "ratio", "87 %"],
    [0, "ratio", "0 %"],
    [0.00003, "ratio", "< 0.01 %"],
    [1.234, "s", "1.23 s"],
    [42.2, "s", "42.2 s"],
    [1200, "s", "20 min"],
    [2_500_000, "bit/s", "2.50 Mbps"],
    [1.5, "GB", "1.5 GB"],
    [412.6, "count", "413"],
    [0.6, "1/h", "0.6/h"],
    [12.5, "EUR/h", "12.5 EUR/h"],
  ])("%d %s reads %s", (value, unit, text) => {
    expect(quantity(value, unit)).toBe(text);
  });
  it("without data is not zero", () => {
    for (const nothing of [null, undefined, Number.NaN]) expect(quantity(nothing, "count")).toBe(NO_DATA);
    expect(quantity(0, "count")).toBe("0");
  });
});

describe("a change", () => {
  it.each([
    [0.12, "+12 %"],
    [-0.034, "−3 %"],
    [0.001, "±0 %"],
    [24, "25×"],
  ])("%d reads %s", (moved, text) => {
    expect(changeText(moved)).toBe(text);
  });
});

it("names percentiles shortly where room is scarce", () => {
  expect(shortTitle("Startup time, 95th percentile")).toBe("Startup time p95");
  expect(shortTitle("Live latency, median")).toBe("Live latency p50");
  expect(shortTitle("Plays")).toBe("Plays");
});
