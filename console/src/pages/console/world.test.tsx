/** The demo's world: its regions in words as well as in bars, and buttons that hurt and heal. */

import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Hurt, WorldStatus } from "../../api/types";
import { World, WorldCard } from "./world";

const REGION: Hurt = {
  what: "region",
  title: "Throttle eu-west",
  does: "It throttles.",
  shows: "They stall.",
  state: "well",
  since: 0,
  heals_itself: false,
  reason: "",
};

function worldOf(...hurts: Hurt[]): WorldStatus {
  const region = {
    region: "eu-west",
    viewers: 9,
    playing: 6,
    stalled: 2,
    bitrate_bps: 1.5e6,
    latency_s: 0.7,
  };
  return {
    running: true,
    crowd: true,
    viewers: 9,
    visits: 20,
    egress_bps: 9e6,
    regions: [{ ...region, throttled_bps: 0 }],
    hurts,
  };
}

function answering(status: number, body: unknown): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url}`);
    const type = status < 400 ? "application/json" : "application/problem+json";
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } });
  });
  return asked;
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the demo's world", () => {
  it("says in words what the bars show", () => {
    render(<WorldCard status={worldOf()} onChanged={() => {}} />);
    expect(screen.getByRole("img", { name: "9 viewers: 6 playing, 2 stalled" })).toBeTruthy();
    expect(screen.getByText(/9 viewers now, 20 visits/)).toBeTruthy();
  });

  it("hurts what is well and heals what is hurt", async () => {
    const asked = answering(200, worldOf());
    const onChanged = vi.fn();
    const { rerender } = render(<WorldCard status={worldOf(REGION)} onChanged={onChanged} />);
    fireEvent.click(screen.getByRole("button", { name: "Throttle eu-west" }));
    await waitFor(() => expect(onChanged).toHaveBeenCalledOnce());
    rerender(<WorldCard status={worldOf({ ...REGION, state: "hurt" })} onChanged={onChanged} />);
    fireEvent.click(screen.getByRole("button", { name: "Heal it" }));
    await waitFor(() => expect(onChanged).toHaveBeenCalledTimes(2));
    expect(asked).toEqual(["POST /api/v1/world/hurt/region", "DELETE /api/v1/world/hurt/region"]);
  });

  it("leaves alone what mends itself, and says why something cannot be hurt", () => {
    const dead: Hurt = { ...REGION, what: "transcoder", state: "hurt", heals_itself: true };
    const none: Hurt = { ...REGION, what: "other", title: "Kill it", reason: "No transcoder runs now." };
    render(<WorldCard status={worldOf(dead, none)} onChanged={() => {}} />);
    for (const name of ["It mends itself", "Kill it"])
      expect((screen.getByRole("button", { name }) as HTMLButtonElement).disabled).toBe(true);
    expect(screen.getByText(/No transcoder runs now/)).toBeTruthy();
  });

  it("shows why a hurt was refused", async () => {
    answering(409, { code: "conflict", detail: "Not now.", hint: "Wait." });
    render(<WorldCard status={worldOf(REGION)} onChanged={() => {}} />);
    fireEvent.click(screen.getByRole("button", { name: "Throttle eu-west" }));
    expect(await screen.findByText("Not now.")).toBeTruthy();
  });

  it("is not there on a platform that is no demo", async () => {
    const asked = answering(200, { ...worldOf(), running: false });
    const { container } = render(<World />);
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(container.textContent).toBe("");
  });
});
