import { describe, expect, it } from "vitest";
import { streamView } from "../../../../dev/fixtures";
import { adviceOf } from "../../../../dev/stories";
import type { StreamView } from "../../../api/types";
import { healthCharts, rungs } from "./charts";

const stream = streamView("rough", 1) as StreamView;
const chart = (name: string, ...args: Parameters<typeof healthCharts>) =>
  healthCharts(...args).find((each) => each.name === name);

describe("the charts of a stream's health", () => {
  it("are four, each with a sentence that says when to worry", () => {
    const charts = healthCharts(stream, []);
    expect(charts.map(({ name }) => name)).toEqual(["download", "bitrate", "errors", "latency"]);
    for (const { worry } of charts) expect(worry).toMatch(/^Worry when .+\.$/);
  });
  it("hold part downloads against this stream's own parts", () => {
    const found = chart("download", stream, []);
    expect(found?.limits).toEqual([{ label: "a part lasts 0.20 s", value: 0.2, tone: "bad" }]);
    expect(found?.worry).toContain("0.20 s");
  });
  it("hold players against each rung of the ladder, the best first", () => {
    const [video] = stream.tracks;
    const ladder = {
      ...stream,
      tracks: [{ ...video, name: "v480", height: 480, kbps: 700 }, ...stream.tracks],
    };
    expect(rungs(ladder as StreamView).map(({ name }) => name)).toEqual(["1080p", "480p"]);
    expect(chart("bitrate", ladder as StreamView, [])?.limits).toHaveLength(2);
  });
  it("take the limit of the advice where a stream has none itself", () => {
    expect(chart("errors", stream, adviceOf("rough", 1).items)?.limits[0]?.value).toBe(30);
    expect(chart("latency", stream, adviceOf("rough", 1).items)?.limits).toEqual([]);
  });
  it("do without a stream that is not known", () => {
    expect(healthCharts(undefined, [])).toHaveLength(4);
  });
});
