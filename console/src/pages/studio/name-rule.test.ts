import { describe, expect, it } from "vitest";
import { wrongWithName } from "./name-rule";

describe("wrongWithName", () => {
  it.each(["a", "morning-show", "0_x", "a".repeat(63)])("takes %s", (name) => {
    expect(wrongWithName(name)).toBeUndefined();
  });
  it.each([
    ["", "needed"],
    ["Morning", "small letters"],
    ["morning show", "spaces"],
    ["-show", "Begin"],
    ["café", "only"],
    ["a".repeat(64), "63"],
  ])("says what is wrong with '%s'", (name, word) => {
    expect(wrongWithName(name)).toContain(word);
  });
});
