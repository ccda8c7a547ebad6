/** Pages drawn from every scripted state: what people must read in each, and that nothing throws. */

import { cleanup, render, screen } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { healthOf, nodeStatus, SCENES, streamView } from "../../dev/fixtures";
import type { StreamView } from "../api/types";
import { EventFeed } from "./console/event-feed";
import { HealthBanner } from "./console/health-banner";
import { NodeCards } from "./console/node-cards";
import { StreamsTable } from "./console/streams-table";
import { HealthNotes, Refusals } from "./studio/health-notes";
import { arriving, leaving } from "./studio/live-view";
import { nextSteps, Summary } from "./studio/summary";

vi.mock("../ui/trend", () => ({ Trend: () => null })); // uPlot needs a canvas, which this document has not

const NOW = Date.now() / 1000;
const named = (name: string) => streamView(name, NOW) as StreamView;
const all = Object.keys(SCENES).map(named);

afterEach(cleanup);

describe("health banner", () => {
  it.each([
    ["ok", "All is well"],
    ["degraded", "Something needs attention"],
    ["failing", "Something is broken"],
  ] as const)("says that the platform is %s, and what to do", (status, headline) => {
    const data = healthOf(status);
    render(<HealthBanner polled={{ data, problem: undefined, at: 1, failures: 0 }} streams={all} />);
    expect(screen.getByText(headline)).toBeTruthy();
    for (const { hint, status: checked } of data.checks)
      if (checked !== "ok") expect(screen.getByText(hint)).toBeTruthy();
  });
});

describe("streams table", () => {
  it("lists every stream with links to studio and watch page", () => {
    render(<StreamsTable streams={all} />);
    const links = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
    for (const { channel } of all)
      expect(links).toEqual(expect.arrayContaining([`/studio/${channel}`, `/watch/${channel}`]));
  });
  it("says what to do when there is none", () => {
    render(<StreamsTable streams={[]} />);
    expect(screen.getByRole("link", { name: "Open the studio" })).toBeTruthy();
  });
});

describe("nodes", () => {
  it("shows each node's use", () => {
    render(<NodeCards nodes={[nodeStatus(NOW)]} at={1} />);
    expect(screen.getByText("node-1")).toBeTruthy();
    expect(screen.getByText(/64.0 GB free/)).toBeTruthy();
  });
});

describe("events", () => {
  it("says why in words, and when the feed is cut", () => {
    const events = [
      { channel: "a", state: "interrupted", at: NOW, broadcast: "b", reason: "disconnected" },
    ] as const;
    const feed = { events: { value: [...events] }, connected: { value: false }, stop: () => {} };
    render(<EventFeed feed={feed as unknown as Parameters<typeof EventFeed>[0]["feed"]} />);
    expect(screen.getByText(/connection broke/)).toBeTruthy();
    expect(screen.getByText("Disconnected")).toBeTruthy();
  });
});

describe("studio notes", () => {
  it("puts errors first, each with what to do", () => {
    render(<HealthNotes notes={named("rough").notes} />);
    const items = screen.getAllByRole("listitem");
    expect(items[0]?.textContent).toContain("slower than it plays");
    expect(items[0]?.textContent).toContain("Lower the encoder's bitrate");
    expect(items).toHaveLength(3);
  });
  it("says so when all is well, and shows no refusals where there are none", () => {
    render(<HealthNotes notes={[]} />);
    expect(screen.getByText(/All is well/)).toBeTruthy();
    const { container } = render(<Refusals notes={[]} />);
    expect(container.textContent).toBe("");
  });
});

describe("what arrives and leaves", () => {
  it("writes unknown figures as a dash, never as zero", () => {
    const [video] = named("harbour").tracks;
    if (!video) throw new Error("the fixture has a video track");
    const fresh = { ...video, kbps: 0, fps: 0, gop_s: 0, width: 0, segment_s: 0 };
    expect(arriving(fresh).filter(([, value]) => value === "–")).toHaveLength(4);
    expect(leaving(fresh).filter(([, value]) => value === "–")).toHaveLength(2);
    expect(arriving(video).map(([, value]) => value)).toContain("1920 × 1080");
  });
});

describe("summary", () => {
  it("draws next steps from what happened", () => {
    const ended = named("ended");
    expect(nextSteps(ended).join(" ")).toContain("connection broke");
    expect(nextSteps({ ...ended, discontinuities: 0, peak_viewers: 0 }).join(" ")).toContain(
      "Nobody watched",
    );
    render(<Summary stream={ended} />);
    expect(screen.getByText("57 min")).toBeTruthy();
  });
});
