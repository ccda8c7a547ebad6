import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Reading } from "./cmcd";
import { PLAYING } from "./playing.fixture";
import { PlaybackReporter } from "./reporter";

let reading: Reading;
let reporter: PlaybackReporter;
let invitation: { report_to: string } & Record<string, unknown>;
let asked: string[];
let posted: { address: string; lines: string[] }[];
let status: number;
let beacons: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  reading = { ...PLAYING, state: "s" };
  invitation = { report_to: "beacon?ticket=T", interval_s: 5, expires_at: 1_700_009_999 };
  [asked, posted, beacons, status] = [[], [], [], 204];
  vi.stubGlobal("fetch", async (address: string, init?: RequestInit) => {
    if (init?.method !== "POST") {
      asked.push(address);
      return { ok: true, status: 200, json: async () => invitation };
    }
    if (status) posted.push({ address, lines: String(init.body).trim().split("\n") });
    if (!status) throw new TypeError("no network");
    return { ok: status < 400, status };
  });
  vi.stubGlobal("navigator", {
    sendBeacon: (_address: string, body: string) => beacons.push(body) > 0,
    connection: { type: "wifi" },
  });
  reporter = new PlaybackReporter({
    playlist: () => "/live/~tok/demo/index.m3u8",
    read: () => reading,
    player: () => ({ name: "hls.js", version: "1.7.4" }),
    startupS: () => 0.25,
  });
});
afterEach(() => {
  reporter.destroy();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const said = () => posted.flatMap(({ lines }) => lines);

async function playing(): Promise<void> {
  reporter.begin();
  reporter.open();
  await settle();
  reading = { ...PLAYING };
  reporter.look();
  await settle();
}

describe("PlaybackReporter", () => {
  it("asks beside the playlist, and reports each change to the address it is given", async () => {
    await playing();
    expect(asked).toEqual([`http://localhost:3000/live/~tok/demo/beacon?session=${reporter.session}`]);
    expect(posted[0]?.address).toBe(
      "http://localhost:3000/live/~tok/demo/beacon?ticket=T&player=hls.js&version=1.7.4&network=wifi",
    );
    expect(said().map((line) => /sn=(\d),sta=(.)/.exec(line)?.slice(1).join())).toEqual(["0,s", "1,p"]);
    expect(said()[1]).toContain("msd=250");
  });

  it("says once what was downloaded since the report before", async () => {
    await playing();
    reporter.loaded(3000, 12.5);
    reporter.loaded(1000, 2.5);
    for (const _ of [1, 2]) {
      await settle(5_000);
      reporter.look();
    }
    await settle();
    expect(said().map((line) => /transfers="(.*?)"/.exec(line)?.[1])).toEqual([
      undefined,
      undefined,
      "2 15000 4000 2500",
      undefined,
    ]);
  });

  it("says nothing of a channel that is offline", async () => {
    reporter.begin();
    reporter.look();
    await settle(20_000);
    reporter.end();
    expect([asked, posted, beacons]).toEqual([[], [], []]);
  });

  it("beats while nothing changes, and once the bitrate does", async () => {
    await playing();
    await settle(4_900);
    reporter.look();
    reading = { ...PLAYING, bitrateBps: 900_000 };
    reporter.look();
    await settle(5_000);
    reporter.look();
    await settle();
    expect(said().map((line) => /e=(\w+)/.exec(line)?.[1])).toEqual(["ps", "ps", "bc", "t"]);
  });

  it("says what it could not say once the network is back, in order", async () => {
    await playing();
    status = 0;
    for (const state of ["r", "p", "r"] as const) {
      reading = { ...PLAYING, state };
      reporter.look();
      await settle(1_000);
    }
    status = 204;
    reading = { ...PLAYING };
    reporter.look();
    await settle();
    expect(said().map((line) => /sta=(.)/.exec(line)?.[1])).toEqual(["s", "p", "r", "p", "r", "p"]);
  });

  it("says on leaving that it leaves, by the browser's own hand, and is another session afterwards", async () => {
    await playing();
    const { session } = reporter;
    dispatchEvent(new Event("pagehide"));
    expect(beacons).toHaveLength(1);
    expect(beacons[0]).toContain(`sid="${session}",sn=2,sta=q`);
    expect(reporter.session).not.toBe(session);
  });

  it("stays silent where the server asks only a share of sessions", async () => {
    invitation = { ...invitation, report_to: "" };
    await playing();
    await settle(30_000);
    reporter.look();
    reporter.end();
    expect([posted, beacons]).toEqual([[], []]);
  });

  it("asks for another address when its own is over", async () => {
    await playing();
    status = 410;
    await settle(6_000);
    reporter.look();
    await settle();
    status = 204;
    await settle(6_000);
    reporter.look();
    await settle();
    expect(asked).toHaveLength(2);
    expect(said().at(-1)).toContain("e=t");
  });
});
