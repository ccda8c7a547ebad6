import { describe, expect, it } from "vitest";
import { RATE_LIMITS, RateController, type RateReading } from "./rate";

const steady: RateReading = {
  latencyS: 0.65,
  bufferS: 0.2,
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
    expect(control.update(0, { ...steady, latencyS: 0.9, bufferS: 0.5 }).rate).toBe(1.05);
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

  it("hurries while far behind with plenty in hand, then eases off", () => {
    const control = new RateController();
    expect(control.update(0, { ...steady, latencyS: 1.2, bufferS: 1 }).rate).toBe(1.12);
    expect(control.update(1, { ...steady, latencyS: 0.9, bufferS: 0.5 }).rate).toBe(1.05);
  });

  it("comes closer while the buffer leaves room, and never beyond its bound", () => {
    const control = new RateController();
    for (let i = 0; i < 100; i++) {
      control.update(i * 1000, { ...steady, latencyS: control.targetS, bufferS: 0.5 });
    }
    expect(control.targetS).toBe(RATE_LIMITS.lowestTargetS);
  });

  it("keeps more distance when the buffer gets thin", () => {
    const control = new RateController();
    for (let i = 0; i < 10; i++) control.update(i * 1000, { ...steady, bufferS: 0.05 });
    expect(control.targetS).toBeGreaterThan(0.75);
  });

  it("keeps more distance after stalls, up to the limit", () => {
    const control = new RateController();
    control.stalled(0, 0.05);
    expect(control.targetS).toBeCloseTo(0.8);
    for (let i = 0; i < 50; i++) control.stalled(0, 0.05);
    expect(control.targetS).toBe(RATE_LIMITS.highestTargetS);
  });

  it("keeps its distance when the decoder lags: more buffer would not help it", () => {
    const control = new RateController();
    control.stalled(0, 0.5);
    expect(control.targetS).toBe(RATE_LIMITS.targetS);
  });

  it("ignores an unknown latency", () => {
    expect(new RateController().update(0, { ...steady, latencyS: Number.NaN })).toEqual({
      rate: 1,
      jump: false,
    });
  });
});

/** Plays a stream of 200 ms parts that arrive `delayS(part)` after they are whole; returns latency and stalls. */
function simulate(seconds: number, delayS: (part: number) => number) {
  const control = new RateController();
  let position = -1.2;
  let stalls = 0;
  let starved = false;
  const latencies: number[] = [];
  for (let tick = 0; tick < seconds * 50; tick++) {
    const now = tick / 50;
    let part = Math.floor(now / 0.2);
    while (part * 0.2 + delayS(part) > now) part -= 1;
    const appended = part * 0.2;
    const { rate } = control.update(now * 1000, {
      ...steady,
      latencyS: now - position,
      bufferS: Math.max(0, appended - position),
      playing: !starved,
    });
    const next = position + rate / 50;
    if (next > appended && !starved) {
      starved = true;
      stalls += 1;
      control.stalled(now * 1000, 0);
    }
    if (appended - position > 0.1) starved = false;
    if (!starved) position = next;
    if (now > seconds / 2) latencies.push(now - position);
  }
  latencies.sort((a, b) => a - b);
  return { median: latencies[latencies.length >> 1] as number, stalls };
}

describe("RateController in a simulated stream", () => {
  it("comes down to half a second on a good line without one stall", () => {
    const { median, stalls } = simulate(240, () => 0.03);
    expect(stalls).toBe(0);
    expect(median).toBeLessThan(0.5);
  });

  it("rides out parts that come up to 100 ms late", () => {
    const { median, stalls } = simulate(240, (part) => 0.03 + ((part * 7919) % 100) / 1000);
    expect(stalls).toBe(0);
    expect(median).toBeLessThan(0.65);
  });

  it("settles further back on a line that drops out for half a second every ten", () => {
    const { median, stalls } = simulate(600, (part) => (part % 50 === 49 ? 0.5 : 0.03));
    expect(stalls).toBeLessThan(15);
    expect(median).toBeLessThan(1.6);
  });
});
