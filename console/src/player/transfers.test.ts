import { expect, it } from "vitest";
import { Transfers } from "./transfers";

it("sums downloads up, lets the last one stand for them, and begins anew", () => {
  const transfers = new Transfers();
  expect(transfers.take()).toBe("");
  transfers.add(1000, 12.3456);
  transfers.add(500, 0.1);
  expect(transfers.take()).toBe("2 12446 1500 100");
  expect(transfers.take()).toBe("");
});

it("lets go what was not measured", () => {
  const transfers = new Transfers();
  for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY]) transfers.add(1000, ms);
  transfers.add(0, 5);
  expect(transfers.take()).toBe("");
});
