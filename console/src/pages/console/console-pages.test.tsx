/** The console's pages drawn from the scripted world: what people must read, where numbers lead, and what is said when there are none. */

import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import type { ComponentChild } from "preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { healthOf, nodeStatus, streamView } from "../../../dev/fixtures";
import { ALERT_RULES, adviceOf, alertList, logLines, sessionList, sessionStory } from "../../../dev/stories";
import { answerOf, INDICATORS } from "../../../dev/telemetry";
import type { IndicatorQuery } from "../../api/telemetry-types";
import AlertsPage from "./alerts/alerts-page";
import ConsolePage from "./console-page";
import HealthPage from "./health/health-page";
import LogsPage from "./logs/logs-page";
import SessionPage from "./sessions/session-page";
import SessionsPage from "./sessions/sessions-page";

vi.mock("../../ui/trend", () => ({ Trend: () => null })); // uPlot needs a canvas, which this document has not
vi.mock("../../ui/lazy-chart", () => ({
  LazyChart: ({ label }: { label: string }) => <p>chart: {label}</p>,
}));
vi.stubGlobal(
  "EventSource",
  class {
    addEventListener() {}
    close() {}
  },
);

const NOW = Date.now() / 1000;
const [SESSION = ""] = sessionList(NOW).map(({ session }) => session);
type Answer = (body: unknown, url: URL) => unknown;

const ANSWERS: [RegExp, Answer][] = [
  [/\/indicators\/query$/, (body) => answerOf(body as IndicatorQuery, NOW)],
  [/\/indicators$/, () => ({ items: INDICATORS })],
  [/\/streams\/\w+\/advice$/, (_body, { pathname }) => adviceOf(pathname.split("/").at(-2) ?? "", NOW)],
  [/\/streams\/\w+$/, (_body, { pathname }) => streamView(pathname.split("/").at(-1) ?? "", NOW)],
  [/\/streams$/, () => ({ items: [streamView("harbour", NOW), streamView("rough", NOW)] })],
  [/\/playback-sessions$/, () => ({ items: sessionList(NOW) })],
  [/\/playback-sessions\/[^/]+$/, () => sessionStory(SESSION, NOW)],
  [
    /\/logs$/,
    (_body, { searchParams }) => ({ items: logLines(NOW, searchParams.get("q") ?? "", ""), next: "" }),
  ],
  [/\/alerts\/rules$/, () => ({ items: ALERT_RULES })],
  [/\/alerts$/, () => alertList(NOW)],
  [/\/nodes$/, () => ({ items: [nodeStatus(NOW)] })],
  [/\/health$/, () => healthOf("ok")],
];
let asked: { method: string; path: string; body: unknown }[] = [];
let refusing: RegExp | undefined;

function answer(input: string, init: RequestInit): Response {
  const url = new URL(input, "http://localhost");
  const body = init.body ? JSON.parse(String(init.body)) : undefined;
  asked.push({ method: init.method ?? "GET", path: url.pathname + url.search, body });
  if (refusing?.test(url.pathname)) {
    const problem = {
      code: "telemetry-away",
      status: 503,
      detail: "Telemetry does not answer.",
      hint: "Streams go on.",
    };
    return new Response(JSON.stringify(problem), {
      status: 503,
      headers: { "Content-Type": "application/json" },
    });
  }
  const [, found] = ANSWERS.find(([pattern]) => pattern.test(url.pathname)) ?? [];
  return new Response(JSON.stringify(found?.(body, url) ?? {}), { status: found ? 200 : 404 });
}

beforeEach(() => {
  asked = [];
  refusing = undefined;
  vi.stubGlobal("fetch", async (input: string, init: RequestInit) => answer(input, init));
});
afterEach(cleanup);

function open(address: string, page: ComponentChild) {
  history.replaceState(null, "", address);
  return render(<LocationProvider>{page}</LocationProvider>);
}

const hrefs = () =>
  screen.getAllByRole("link", { hidden: true }).map((link) => link.getAttribute("href") ?? "");

describe("the overview", () => {
  it("shows symptoms above causes, and the region that stands out first", async () => {
    open("/console", <ConsolePage />);
    const red = await screen.findByRole("heading", { name: "What viewers feel" });
    const use = screen.getByRole("heading", { name: "Why it may be so" });
    expect(red.compareDocumentPosition(use) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    await screen.findByText("Rebuffer ratio stands out");
    const [first] = document.querySelectorAll(".region");
    expect(first?.textContent).toContain("ap-south");
  });
  it("asks for nothing that the platform does not have, and narrows only by what an indicator knows", async () => {
    open("/console?region=ap-south&channel=rough", <ConsolePage />);
    await screen.findAllByText("Concurrent plays");
    await waitFor(() => expect(asked.some(({ path }) => path.endsWith("/query"))).toBe(true));
    const known = new Map(INDICATORS.map((each) => [each.name, each]));
    for (const { body } of asked.filter(({ path }) => path.endsWith("/query"))) {
      const query = body as IndicatorQuery;
      for (const name of query.indicators)
        for (const dimension of [...query.by, ...Object.keys(query.where)])
          expect(known.get(name)?.dimensions).toContain(dimension);
    }
  });
  it("keeps way and time in every link", async () => {
    open("/console?region=ap-south&last=3600", <ConsolePage />);
    await screen.findByRole("link", { name: "harbour" });
    expect(screen.getByRole("link", { name: "harbour" }).getAttribute("href")).toBe(
      "/console?region=ap-south&channel=harbour&last=3600",
    );
    expect(hrefs()).toContain("/console/sessions?region=ap-south&last=3600");
    expect(hrefs()).toContain("/console/streams/harbour?region=ap-south&channel=harbour&last=3600");
  });
  it("goes on without telemetry: streams are there, numbers say why they are not", async () => {
    refusing = /indicators\/query$/;
    open("/console", <ConsolePage />);
    await screen.findByText("Telemetry does not answer."); // in full once; elsewhere in a line
    expect(screen.getAllByText(/^No numbers: Telemetry/).length).toBeGreaterThan(1);
    expect((await screen.findAllByText("Harbour webcam")).length).toBeGreaterThan(0);
  });
});

describe("a number's drawer", () => {
  it("tells what it means, whose it is, its slice and its query", async () => {
    open("/console?region=ap-south&show=rebuffer_ratio~channel:harbour", <ConsolePage />);
    const drawer = within(await screen.findByRole("dialog", { name: "Rebuffer ratio", hidden: true }));
    await drawer.findByText(/FROM tidegate.playback_10s/);
    for (const words of ["region ap-south", "channel harbour", "lower is better", "playback", /stood still/])
      expect(drawer.getAllByText(words).length).toBeGreaterThan(0);
    expect(drawer.getByText(/tidegate indicator query rebuffer_ratio/).textContent).toContain(
      "--where region=ap-south --where channel=harbour",
    );
  });
  it("says so where there is no such indicator", async () => {
    open("/console?show=nonsense", <ConsolePage />);
    await screen.findByText("There is no indicator named 'nonsense'.");
  });
  it("does not pretend that it is narrower than it is", async () => {
    open("/console?channel=harbour&show=cpu_used", <ConsolePage />);
    await screen.findByText("Not narrowed to channel: what this counts has none.");
  });
});

describe("stream health", () => {
  it("has four charts, and advice with a fix at the one it is about", async () => {
    open("/console/streams/rough", <HealthPage channel="rough" />);
    expect((await screen.findAllByText(/^chart: /)).length).toBe(4);
    const card = screen.getByRole("region", { name: "Part download against its limit" });
    expect(within(card).getByText(/Switch the ladder on/)).toBeTruthy();
    expect(within(card).getByText(/^Worry when/)).toBeTruthy();
    const calm = screen.getByRole("region", { name: "Latency to live" });
    expect(within(calm).getByText("Nothing past its limit")).toBeTruthy();
  });
  it("draws no line where there are no data", async () => {
    vi.stubGlobal("fetch", async (input: string, init: RequestInit) =>
      input.endsWith("/query")
        ? new Response(JSON.stringify({ ...answerOf(JSON.parse(String(init.body)), NOW), rows: [] }))
        : answer(input, init),
    );
    open("/console/streams/harbour", <HealthPage channel="harbour" />);
    expect((await screen.findAllByText(/^No data: no player said anything/)).length).toBe(4);
    expect(screen.queryByText(/^chart: /)).toBeNull();
  });
});

describe("sessions", () => {
  it("are listed for the slice, each a step to its story", async () => {
    open("/console/sessions?region=ap-south", <SessionsPage />);
    const link = await screen.findByRole("link", { name: `${SESSION.slice(0, 8)}…` });
    expect(link.getAttribute("href")).toBe(`/console/sessions/${SESSION}?region=ap-south`);
    expect(asked.find(({ path }) => path.includes("/playback-sessions"))?.path).toContain("region=ap-south");
  });
  it("tell their story: band, lines, words, and the stream beneath", async () => {
    open(`/console/sessions/${SESSION}?channel=harbour`, <SessionPage session={SESSION} />);
    expect(
      (await screen.findByRole("img", { name: /^States in order/ })).getAttribute("aria-label"),
    ).toContain("Stalled 3.4 s");
    expect(screen.getByText("Stalled for 3.4 s: the buffer was empty.")).toBeTruthy();
    await screen.findByText("chart: What the publisher sent meanwhile");
  });
});

describe("logs", () => {
  it("are searched by the words of the address", async () => {
    open("/console/logs?q=refused", <LogsPage />);
    expect((await screen.findAllByText("publisher_refused")).length).toBeGreaterThan(0);
    expect(screen.queryByText("viewer_joined")).toBeNull();
  });
  it("say what to try where nothing was found", async () => {
    open("/console/logs?q=zzzzzz", <LogsPage />);
    await screen.findByRole("heading", { name: "Nothing found" });
  });
});

describe("alerts", () => {
  it("say what is wrong and what to do, and are taken on", async () => {
    open("/console/alerts", <AlertsPage />);
    const link = await screen.findByRole("link", { name: "Viewers stall" });
    expect(link.getAttribute("href")).toContain("region=ap-south");
    fireEvent.click(screen.getByRole("button", { name: "I look after it: Viewers stall" }));
    await waitFor(() => expect(asked.map(({ path }) => path)).toContain("/api/v1/alerts/alr_1/acknowledge"));
  });
});
