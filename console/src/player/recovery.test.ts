import { describe, expect, it } from "vitest";
import { type Progress, type Remedy, restartDelayMs, Watchdog } from "./recovery";

const playing: Progress = {
  positionS: 10,
  bufferS: 0.4,
  edgeS: 10.6,
  wanted: true,
  streamLive: true,
  over: false,
};

/** What a watchdog asks for over `seconds` of the same progress, looked at four times a second. */
function remedies(progress: Progress | ((t: number) => Progress), seconds: number): Remedy[] {
  const dog = new Watchdog(0);
  const asked: Remedy[] = [];
  for (let ms = 0; ms <= seconds * 1000; ms += 250) {
    const remedy = dog.look(ms, typeof progress === "function" ? progress(ms / 1000) : progress);
    if (remedy !== "none") asked.push(remedy);
  }
  return asked;
}

describe("Watchdog", () => {
  it("leaves a moving picture alone", () => {
    expect(remedies((t) => ({ ...playing, positionS: 10 + t, edgeS: 10.6 + t }), 120)).toEqual([]);
  });

  it("waits through a publisher's gap of minutes: an interrupted stream is no fault", () => {
    expect(remedies({ ...playing, bufferS: 0, streamLive: false }, 300)).toEqual([]);
  });

  it("climbs from a nudge to a new start when buffered media does not play", () => {
    const stuck = (t: number): Progress => ({ ...playing, bufferS: 2, edgeS: 12 + t });
    expect(remedies(stuck, 13)).toEqual(["nudge", "recover-media", "recreate"]);
  });

  it("reloads, then starts anew, when listed media does not arrive", () => {
    const starved = (t: number): Progress => ({ ...playing, bufferS: 0, edgeS: 20 + t });
    expect(remedies(starved, 13)).toEqual(["reload", "recreate"]);
  });

  it("starts anew when the playlist stands still although the stream is live", () => {
    expect(remedies({ ...playing, bufferS: 0 }, 11)).toEqual(["recreate"]);
  });

  it("finishes what stands still where the stream is over, but not in its middle", () => {
    const atEnd: Progress = { ...playing, bufferS: 0.07, edgeS: 10.2, streamLive: false, over: true };
    expect(remedies(atEnd, 60)).toEqual(["finish"]);
    expect(remedies({ ...atEnd, edgeS: 13 }, 60)).toEqual([]);
  });

  it("does nothing while the viewer has paused", () => {
    expect(remedies({ ...playing, bufferS: 5, wanted: false }, 60)).toEqual([]);
  });
});

describe("restartDelayMs", () => {
  it("doubles up to a few seconds and spreads viewers out", () => {
    expect(restartDelayMs(0, 0.5)).toBe(250);
    expect(restartDelayMs(1, 0.5)).toBe(500);
    expect(restartDelayMs(50, 0.5)).toBe(3000);
    expect(restartDelayMs(50, 0)).toBe(2250);
    expect(restartDelayMs(50, 1)).toBe(3750);
  });
});
