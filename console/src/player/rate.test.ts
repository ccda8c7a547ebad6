import { describe, expect, it } from "vitest";
import { RATE_LIMITS, RateController, type RateReading } from "./rate";

const steady: RateReading = {
  latencyS: 0.65,
  bufferS: 0.45,
  following: true,
  playing: true,
  edgeMoving: true,
};

describe("RateController", () => {
  it("plays at natural speed within the band", () => {
    expect(new RateController().update(0, steady)).toEqual({ rate: 1, jump: false });
  });

  it("catches up while behind with enough buffered, until the target is reached", () => {
    const control = new RateController();
    expect(control.update(0, { ...steady, latencyS: 0.9 }).rate).toBe(1.05);
    expect(control.update(1, { ...steady, latencyS: 0.66 }).rate).toBe(1.05);
    expect(control.update(2, { ...steady, latencyS: 0.64 }).rate).toBe(1);
    expect(control.update(3, { ...steady, latencyS: 0.68 }).rate).toBe(1);
  });

  it("does not begin to catch up on a small buffer", () => {
    expect(new RateController().update(0, { ...steady, latencyS: 2, bufferS: 0.3 }).rate).toBe(1);
  });

  it("slows down on a thin buffer and when closer to the edge than the target", () => {
    expect(new RateController().update(0, { ...steady, bufferS: 0.05 }).rate).toBe(0.97);
    expect(new RateController().update(0, { ...steady, latencyS: 0.4 }).rate).toBe(0.97);
  });

  it("never touches a viewer who went back or paused", () => {
    const control = new RateController();
    expect(control.update(0, { ...steady, latencyS: 60, following: false })).toEqual({
      rate: 1,
      jump: false,
    });
    expect(control.update(0, { ...steady, latencyS: 60, playing: false })).toEqual({ rate: 1, jump: false });
  });

  it("jumps once when far behind, then waits before it jumps again", () => {
    const control = new RateController();
    const far = { ...steady, latencyS: 7 };
    expect(control.update(0, far).jump).toBe(true);
    expect(control.update(500, far).jump).toBe(false);
    expect(control.update(RATE_LIMITS.jumpPauseMs, far).jump).toBe(true);
  });

  it("does not jump while nothing new arrives: there is nowhere to go", () => {
    const control = new RateController();
    expect(control.update(0, { ...steady, latencyS: 60, edgeMoving: false })).toEqual({
      rate: 1,
      jump: false,
    });
  });

  it("keeps more distance after stalls, up to the limit, and takes it back with time", () => {
    const control = new RateController();
    control.stalled(0);
    expect(control.targetS).toBeCloseTo(0.8);
    for (let i = 0; i < 50; i++) control.stalled(0);
    expect(control.targetS).toBe(RATE_LIMITS.maxTargetS);
    for (let i = 1; i <= 20; i++) control.update(i * RATE_LIMITS.forgiveMs, steady);
    expect(control.targetS).toBeCloseTo(RATE_LIMITS.targetS);
  });

  it("ignores an unknown latency", () => {
    expect(new RateController().update(0, { ...steady, latencyS: Number.NaN })).toEqual({
      rate: 1,
      jump: false,
    });
  });

  it("settles at the target in a simulated stream of 200 ms parts", () => {
    const control = new RateController();
    let position = -2; // two seconds behind the edge at time 0
    let worst = 0;
    for (let tick = 0; tick < 1200; tick++) {
      const now = tick * 0.1;
      const edge = now;
      const appended = Math.floor((now - 0.03) / 0.2) * 0.2;
      const { rate } = control.update(now * 1000, {
        ...steady,
        latencyS: edge - position,
        bufferS: Math.max(0, appended - position),
      });
      position += 0.1 * rate;
      if (tick > 600) worst = Math.max(worst, Math.abs(edge - position - control.targetS));
    }
    expect(worst).toBeLessThan(0.12);
  });
});
