import { describe, expect, it } from "vitest";
import { Samples } from "./samples";

describe("Samples", () => {
  it("knows nothing without samples", () => {
    expect(new Samples(4).percentile(0.5)).toBeNaN();
    expect(new Samples(4).last).toBeNaN();
  });

  it("gives nearest-rank percentiles", () => {
    const samples = new Samples(100);
    for (let i = 100; i >= 1; i--) samples.add(i);
    expect(samples.percentile(0.5)).toBe(50);
    expect(samples.percentile(0.95)).toBe(95);
    expect(samples.percentile(1)).toBe(100);
    expect(samples.last).toBe(1);
  });

  it("keeps only the newest", () => {
    const samples = new Samples(3);
    for (const value of [1, 2, 3, 4]) samples.add(value);
    expect(samples.count).toBe(3);
    expect(samples.percentile(0.01)).toBe(2);
    samples.clear();
    expect(samples.count).toBe(0);
  });
});
