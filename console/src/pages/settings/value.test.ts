import { describe, expect, it } from "vitest";
import { settingView } from "../../../dev/settings";
import { baseValue, groups, isChanged, read, valueText } from "./value";

const grace = settingView("origin.grace_s");
const level = settingView("node.log_level");
const publishers = settingView("rtmp.connections_max");

describe("what is typed", () => {
  it.each([
    [grace, "5", 5],
    [grace, " 7.5 ", 7.5],
    [grace, "0", 0],
    [publishers, "12", 12],
    [level, "debug", "debug"],
  ])("is read in the setting's kind", (setting, text, value) => {
    expect(read(setting, text)).toEqual({ value });
  });
  it.each([
    [grace, "", "Give a number."],
    [grace, "soon", "Give a number."],
    [grace, "1e999", "Give a number."],
    [grace, "-1", "It must be at least 0 s."],
    [grace, "601", "It must be at most 600 s."],
    [publishers, "1.5", "Give a whole number."],
  ])("is refused with the bound it breaks", (setting, text, wrong) => {
    expect(read(setting, text)).toEqual({ wrong });
  });
});

describe("what is shown", () => {
  it("writes values as people read them", () => {
    expect([valueText(60, "s"), valueText(true), valueText(0.2), valueText(8388608, "B")]).toEqual([
      "60 s",
      "on",
      "0.2",
      "8,388,608 B",
    ]);
  });
  it("knows what holds for everyone else", () => {
    expect(baseValue(grace)).toBe(60);
    expect(baseValue({ ...grace, node_default: 40 })).toBe(40);
    expect(baseValue({ ...grace, node_default: 40, set_value: 0 })).toBe(0);
  });
  it("finds by every word, grouped by part", () => {
    const all = [grace, level, publishers];
    expect(groups(all, "", false).map(({ name }) => name)).toEqual(["origin", "node", "rtmp"]);
    expect(groups(all, "cut off", false).map(({ name }) => name)).toEqual(["origin"]);
    expect(groups(all, "nothing like it", false)).toEqual([]);
    expect(
      groups(all, "", true)
        .flatMap(({ settings }) => settings)
        .every(isChanged),
    ).toBe(true);
  });
});
