import { describe, expect, it } from "vitest";
import { alertList } from "../../../../dev/stories";
import type { Alert } from "../../../api/telemetry-types";
import { heard, inOrder, sliceWords } from "./order";

const NOW = 1_764_000_000;
const [firing, tended, pending, over] = alertList(NOW).items as [Alert, Alert, Alert, Alert];

describe("alerts", () => {
  it("come with those that nobody looks after first", () => {
    expect(inOrder([tended, firing], NOW).map(({ id }) => id)).toEqual([firing.id, tended.id]);
  });
  it("are mentioned elsewhere only while they fire and are not silenced", () => {
    const silenced = { ...firing, silenced_until: NOW + 60 };
    expect(heard([silenced, tended, pending, over], NOW)).toEqual([tended]);
    expect(heard([silenced], NOW + 61)).toEqual([silenced]);
  });
  it("say where they are", () => {
    expect(sliceWords(firing.slice)).toBe("region ap-south");
    expect(sliceWords({ network: "" })).toBe("network (none)");
    expect(sliceWords({})).toBe("everywhere");
  });
});
