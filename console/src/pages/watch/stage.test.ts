import { describe, expect, it } from "vitest";
import { watchView } from "../../../dev/fixtures";
import { Problem, unreachable } from "../../api/problem";
import { type StageFacts, sceneOf, wantsSource } from "./stage";

const notFound = new Problem("not-found", 404, "There is no channel named 'x'.", "");
const live = watchView("harbour", 1_700_000_000);
const facts = (change: Partial<StageFacts>): StageFacts => ({
  view: live,
  problem: undefined,
  phase: "playing",
  started: true,
  ...change,
});

describe("sceneOf", () => {
  it("loads before anything is known", () => {
    expect(sceneOf(facts({ view: undefined, phase: "idle", started: false }))).toBe("loading");
  });

  it("lets a picture that came first run", () => {
    expect(sceneOf(facts({ view: undefined }))).toBe("playing");
  });

  it("keeps playing while the API is away", () => {
    expect(sceneOf(facts({ view: undefined, problem: unreachable() }))).toBe("playing");
    expect(sceneOf(facts({ problem: unreachable() }))).toBe("playing");
  });

  it("says that nothing answers when there is no picture either", () => {
    expect(
      sceneOf(facts({ view: undefined, problem: unreachable(), phase: "loading", started: false })),
    ).toBe("unreachable");
  });

  it.each([
    ["studio-b", "offline"],
    ["starting", "starting"],
    ["interrupted", "interrupted"],
    ["ended", "ended"],
  ] as const)("shows %s's own state without a picture", (channel, scene) => {
    expect(sceneOf(facts({ view: watchView(channel, 0), phase: "loading", started: false }))).toBe(scene);
  });

  it("lets an ended stream be watched again", () => {
    expect(sceneOf(facts({ view: watchView("ended", 0) }))).toBe("playing");
    expect(sceneOf(facts({ view: watchView("ended", 0), phase: "ended" }))).toBe("ended");
  });

  it("tells waiting from starting", () => {
    expect(sceneOf(facts({ phase: "waiting" }))).toBe("buffering");
    expect(sceneOf(facts({ phase: "loading", started: false }))).toBe("starting");
  });

  it("knows channels that do not exist and browsers that cannot play", () => {
    expect(sceneOf(facts({ view: undefined, problem: notFound, phase: "idle", started: false }))).toBe(
      "unknown-channel",
    );
    expect(sceneOf(facts({ phase: "unsupported", started: false }))).toBe("unsupported");
  });
});

describe("wantsSource", () => {
  it("opens for streams that run or will run at once, and before the server has spoken", () => {
    expect(wantsSource(undefined)).toBe(true);
    expect(wantsSource(live)).toBe(true);
    expect(wantsSource(watchView("ended", 0))).toBe(false);
    expect(wantsSource(watchView("studio-b", 0))).toBe(false);
  });
});
