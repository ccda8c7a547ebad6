import { describe, expect, it } from "vitest";
import { SCENES, streamView } from "../../../dev/fixtures";
import type { StreamView } from "../../api/types";
import { nextSort, sortStreams, totalKbps, trouble, worstLevel } from "./rank";

const all = Object.keys(SCENES).map((name) => streamView(name, 1_700_000_000) as StreamView);
const named = (name: string) => streamView(name, 1_700_000_000) as StreamView;

describe("trouble", () => {
  it("puts errors before an interruption, that before a quiet stream, and an ended one last", () => {
    const order = sortStreams(all, { key: "trouble", descending: true }).map(({ channel }) => channel);
    expect(order.slice(0, 4)).toEqual(["rough", "interrupted", "starting", "harbour"]);
    expect(trouble(named("ended"))).toBe(-1);
  });
});

describe("sortStreams", () => {
  it("sorts by any figure, both ways, by name where equal", () => {
    expect(sortStreams(all, { key: "viewers", descending: true })[0]?.channel).toBe("harbour");
    const rising = sortStreams(all, { key: "viewers", descending: false }).map(({ viewers }) => viewers);
    expect(rising).toEqual([...rising].sort((a, b) => a - b));
    const names = sortStreams(all, { key: "channel", descending: false }).map(({ title }) => title);
    expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)));
  });
});

describe("nextSort", () => {
  it("turns on a second click and begins figures with the largest", () => {
    const sort = nextSort({ key: "trouble", descending: true }, "viewers");
    expect(sort).toEqual({ key: "viewers", descending: true });
    expect(nextSort(sort, "viewers")).toEqual({ key: "viewers", descending: false });
    expect(nextSort(sort, "channel")).toEqual({ key: "channel", descending: false });
  });
});

describe("figures of a stream", () => {
  it("adds the tracks' bitrates and finds the worst note", () => {
    expect(totalKbps(named("studio-b"))).toBe(0);
    expect(totalKbps(named("harbour"))).toBeGreaterThan(2_000);
    expect(worstLevel(named("rough"))).toBe("error");
    expect(worstLevel(named("harbour"))).toBeUndefined();
  });
});
