import { describe, expect, it } from "vitest";
import { sessionList, sessionStory } from "../../../../dev/stories";
import type { PlaybackFact, SessionStory } from "../../../api/telemetry-types";
import { spanOf } from "./session-page";
import { band, isRunning, linesOf, moments } from "./story";

const NOW = 1_764_000_000;
const [id = ""] = sessionList(NOW).map(({ session }) => session);
const { session, facts } = sessionStory(id, NOW) as SessionStory;
const began = session.joined_at;

describe("the band of states", () => {
  it("covers the session without a hole, from one report to the next", () => {
    const stretches = band(facts, NOW);
    expect(stretches[0]?.from).toBe(began);
    expect(stretches.at(-1)?.to).toBe(NOW);
    for (const [index, { from }] of stretches.entries())
      if (index > 0) expect(from).toBe(stretches[index - 1]?.to);
  });
  it("joins neighbours of one state", () => {
    const states = band(facts, NOW).map(({ state }) => state);
    expect(states.slice(0, 4)).toEqual(["starting", "playing", "rebuffering", "playing"]);
  });
  it("is empty of what took no time", () => {
    expect(band([], NOW)).toEqual([]);
    expect(band(facts.slice(0, 1), began)).toEqual([]);
  });
});

describe("the lines", () => {
  it("keep what is known where a report says nothing of it", () => {
    const { at, bitrate, buffer } = linesOf(facts);
    expect(new Set(at).size).toBe(at.length);
    expect(bitrate.at(-1)).toBe(2_700_000);
    expect(buffer.includes(0)).toBe(true);
  });
  it("break where nothing was heard", () => {
    const [first, second] = facts as [PlaybackFact, PlaybackFact];
    const { at, bitrate } = linesOf([
      { ...first, at: 0, bitrate_bps: 5 },
      { ...second, at: 600, bitrate_bps: null },
    ]);
    expect(at).toEqual([0, 1, 600]);
    expect(bitrate).toEqual([5, null, null]);
  });
});

describe("the story in words", () => {
  const told = moments(facts, NOW).map(({ words }) => words);
  it("tells start, stalls, switches and errors in order", () => {
    expect(told[0]).toBe("Starting, 0.9 s.");
    expect(told).toContain("First picture, 0.90 s after the wish to play.");
    expect(told).toContain("Stalled for 3.4 s: the buffer was empty.");
    expect(told).toContain("Error mediaError:bufferStalledError.");
    expect(told.filter((words) => words.startsWith("Switched"))[0]).toBe("Switched down to 640 kbps.");
  });
  it("says why it ended", () => {
    const left = sessionStory(sessionList(NOW)[3]?.session ?? "", NOW) as SessionStory;
    expect(moments(left.facts, NOW).map(({ words }) => words)).toContain(
      "The viewer left before the first picture.",
    );
  });
});

describe("a session", () => {
  it("runs while it is heard of", () => {
    expect(isRunning(session, NOW)).toBe(true);
    expect(isRunning(session, NOW + 600)).toBe(false);
    expect(isRunning({ ...session, exit: "left" }, NOW)).toBe(false);
  });
  it("is shown whole, or the piece that the address names where that lies within", () => {
    expect(spanOf(session, undefined, NOW)).toEqual({ from: began, to: NOW });
    expect(spanOf(session, { from: began + 10, to: began + 20 }, NOW)).toEqual({
      from: began + 10,
      to: began + 20,
    });
    expect(spanOf(session, { from: 1, to: 2 }, NOW)).toEqual({ from: began, to: NOW });
  });
});
