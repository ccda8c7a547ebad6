import { describe, expect, it } from "vitest";
import { chosen, href, narrow, parseView, START, where, widen } from "./view";

describe("an address of the console", () => {
  it("keeps the way down in the order in which it was taken", () => {
    const down = narrow(narrow(START, "region", "ap-south"), "channel", "demo");
    const other = narrow(narrow(START, "channel", "demo"), "region", "ap-south");
    expect(href("/console", down)).toBe("/console?region=ap-south&channel=demo");
    expect(href("/console", other)).toBe("/console?channel=demo&region=ap-south");
    expect(parseView("region=ap-south&channel=demo").trail).toEqual(down.trail);
  });
  it.each([
    ["region=a&channel=b&last=3600&q=two words&show=rebuffer_ratio"],
    ["from=1764000000&to=1764003600&device=phone"],
    ["show=rebuffer_ratio~region:eu%253Awest~channel:a%2520b"],
    [""],
  ])("says the same again after it was read: %s", (search) => {
    const view = parseView(search);
    const again = parseView(href("/x", view).split("?")[1] ?? "");
    expect(again).toEqual(view);
  });
  it("carries what stands behind a number, whatever characters that has", () => {
    const shown = { indicator: "plays", where: [{ dimension: "channel" as const, value: "a~b:c&d %" }] };
    const address = href("/console", { ...START, shown });
    expect(parseView(address.split("?")[1] ?? "").shown).toEqual(shown);
  });
  it("leaves out what is as it is by default", () => {
    expect(href("/console", START)).toBe("/console");
  });
  it("does not take a dimension twice, nor one that facts do not have", () => {
    const view = parseView("region=a&region=b&password=c");
    expect(view.trail).toEqual([{ dimension: "region", value: "a" }]);
    expect(view.rest).toEqual({ password: "c" });
  });
  it.each(["show=~~~", "show=plays~nothing", "show=plays~region:%25E0%25A4%25A", "last=-5", "from=9&to=1"])(
    "reads what it can of a broken one: %s",
    (search) => {
      expect(() => parseView(search)).not.toThrow();
    },
  );
});

describe("the way down", () => {
  const deep = narrow(narrow(narrow(START, "region", "a"), "channel", "b"), "device", "tv");
  it("goes back to any step", () => {
    expect(widen(deep, 1).trail).toEqual([{ dimension: "region", value: "a" }]);
    expect(widen(deep, 0).trail).toEqual([]);
  });
  it("gives a dimension that was chosen before its new value in its place", () => {
    expect(narrow(deep, "region", "z").trail.map(({ value }) => value)).toEqual(["z", "b", "tv"]);
  });
  it("closes the drawer, whose number was of another slice", () => {
    const open = { ...START, shown: { indicator: "plays", where: [] } };
    expect(narrow(open, "region", "a").shown).toBeUndefined();
  });
  it("is a slice to ask for, of the dimensions that the indicator has", () => {
    expect(where(deep.trail, ["region", "device"])).toEqual({ region: ["a"], device: ["tv"] });
    expect(chosen(deep, "channel")).toBe("b");
    expect(chosen(deep, "node")).toBeUndefined();
  });
});
