import { describe, expect, it } from "vitest";
import { alertList } from "../../../../dev/stories";
import type { Alert } from "../../../api/telemetry-types";
import { ends } from "../drill/range";
import { parseView } from "../drill/view";
import { alertHref, inOrder } from "./alert-link";
import { heard } from "./firing";

const NOW = 1_764_000_000;
const [firing, tended, over] = alertList(NOW) as [Alert, Alert, Alert];
const viewOf = (alert: Alert) => parseView(alertHref(alert, NOW).split("?")[1] ?? "");

describe("from an alert", () => {
  it("one comes to its slice with its number open", () => {
    expect(viewOf(firing).trail).toEqual([{ dimension: "region", value: "ap-south" }]);
    expect(viewOf(firing).shown?.indicator).toBe("rebuffer_ratio");
  });
  it("one sees what was before it began, and up to now while it fires", () => {
    const { from, to } = ends(viewOf(firing).range, NOW);
    expect(from).toBeLessThanOrEqual(firing.since - 900);
    expect(to).toBe(NOW);
  });
  it("one sees the time of one that is over", () => {
    const { from, to } = ends(viewOf(over).range, NOW);
    expect(from).toBeLessThan(over.since);
    expect(to).toBeGreaterThan(over.until as number);
    expect(to).toBeLessThanOrEqual(NOW);
  });
});

describe("alerts", () => {
  it("come with those that nobody looks after first", () => {
    expect(inOrder([tended, firing]).map(({ id }) => id)).toEqual([firing.id, tended.id]);
  });
  it("are not mentioned elsewhere while they are silenced, nor when they are over", () => {
    const silenced = { ...firing, silenced_until: NOW + 60 };
    expect(heard([silenced, tended, over], NOW)).toEqual([tended]);
    expect(heard([silenced], NOW + 61)).toEqual([silenced]);
  });
});
