import { describe, expect, it } from "vitest";
import { logLine } from "../../../../dev/stories";
import { fieldsOf, messageOf } from "./log-list";
import { keep } from "./tail";

describe("the tail", () => {
  it("keeps the newest and counts what went", () => {
    const lines = Array.from({ length: 5 }, (_, turn) => logLine(turn, turn));
    const { lines: kept, gone } = keep(lines.slice(0, 2), lines.slice(2), 3);
    expect(kept).toEqual(lines.slice(0, 3));
    expect(gone).toBe(2);
    expect(keep([], lines, 10).gone).toBe(0);
  });
});

describe("a line", () => {
  it("shows its fields, as an object or as the text of one, and broken ones as they are", () => {
    const line = logLine(0, 1);
    expect(fieldsOf({ ...line, fields: '{"a":1,"b":"x"}' })).toEqual([
      ["a", "1"],
      ["b", "x"],
    ]);
    expect(fieldsOf({ ...line, fields: '{"a":{"b":2}}' })).toEqual([["a", '{"b":2}']]);
    expect(fieldsOf({ ...line, fields: "{broken" })).toEqual([["fields", "{broken"]]);
    expect(fieldsOf({ ...line, fields: "null" })).toEqual([["fields", "null"]]);
  });
  it("does not say its event's name twice", () => {
    expect(messageOf({ ...logLine(0, 1), event: "a_b", message: "a_b c=1" })).toBe("c=1");
    expect(messageOf({ ...logLine(0, 1), event: "a_b", message: "other" })).toBe("other");
  });
});
