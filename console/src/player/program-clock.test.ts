import { describe, expect, it } from "vitest";
import { ProgramClock } from "./program-clock";

const EPOCH_MS = 1_700_000_000_000;

describe("ProgramClock", () => {
  it("knows nothing before it has learnt", () => {
    expect(new ProgramClock().dateMs(1)).toBeNaN();
    expect(new ProgramClock().mediaS(EPOCH_MS)).toBeNaN();
  });

  it("dates what lies after and before the one anchor it has", () => {
    const clock = new ProgramClock();
    clock.learn(10, EPOCH_MS);
    expect(clock.dateMs(10.4)).toBeCloseTo(EPOCH_MS + 400, 3);
    expect(clock.dateMs(9)).toBeCloseTo(EPOCH_MS - 1000, 3);
    expect(clock.mediaS(EPOCH_MS + 400)).toBeCloseTo(10.4, 6);
  });

  it("takes the date after a gap in the program, not the one before it, in whatever order they came", () => {
    const clock = new ProgramClock();
    clock.learn(4, EPOCH_MS + 64_000); // after a minute without a publisher
    clock.learn(0, EPOCH_MS);
    expect(clock.dateMs(3.9)).toBeCloseTo(EPOCH_MS + 3_900, 3);
    expect(clock.dateMs(4.5)).toBeCloseTo(EPOCH_MS + 64_500, 3);
    expect(clock.mediaS(EPOCH_MS + 64_500)).toBeCloseTo(4.5, 6);
    expect(clock.mediaS(EPOCH_MS + 1_500)).toBeCloseTo(1.5, 6);
  });

  it("believes the newest word on the same place", () => {
    const clock = new ProgramClock();
    clock.learn(1, EPOCH_MS);
    clock.learn(1, EPOCH_MS + 7);
    expect(clock.dateMs(1)).toBeCloseTo(EPOCH_MS + 7, 3);
  });

  it("is not misled by what is not known", () => {
    const clock = new ProgramClock();
    clock.learn(1, Number.NaN);
    clock.learn(Number.NaN, EPOCH_MS);
    expect(clock.dateMs(1)).toBeNaN();
  });

  it("keeps to its bound, and the newest", () => {
    const clock = new ProgramClock();
    for (let i = 0; i < 5_000; i++) clock.learn(i, EPOCH_MS + i * 1002);
    expect(clock.dateMs(4_999)).toBeCloseTo(EPOCH_MS + 4_999 * 1002, 3);
    expect(clock.dateMs(3_999.5)).toBeCloseTo(EPOCH_MS + 3_999 * 1002 + 500, 3);
  });
});
