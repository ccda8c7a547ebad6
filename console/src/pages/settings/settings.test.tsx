/** The Settings page's parts drawn from scripted settings: what people read, and what editing asks of the server. */

import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settingHistory, settingView } from "../../../dev/settings";
import { settings } from "../../api/client";
import { Problem } from "../../api/problem";
import { what } from "./history-drawer";
import { SettingRow } from "./setting-row";

const grace = settingView("origin.grace_s");
const linger = settingView("origin.linger_s");
const nothing = () => {};

beforeEach(() => {
  HTMLDialogElement.prototype.showModal ??= nothing;
});
afterEach(cleanup);

function drawn(setting = grace, onChanged = nothing) {
  render(<SettingRow setting={setting} onChanged={onChanged} onHistory={nothing} />);
}

function typed(label: RegExp, value: string) {
  fireEvent.input(screen.getByLabelText(label), { target: { value } });
}

describe("a setting", () => {
  it("tells value, source, values of their own and changes on their way", () => {
    drawn();
    expect(screen.getByText("60 s")).toBeTruthy();
    expect(screen.getByText("default")).toBeTruthy();
    const own = screen.getByRole("list", { name: "Values of their own" });
    expect(own.textContent).toContain("channel harbour5 s");
    const changes = screen.getByRole("list", { name: "Changes being released" });
    expect(within(changes).getByText("30 s")).toBeTruthy();
    expect(changes.textContent).toContain("for 5% of channels");
  });
  it("says what is stored and cannot be used", () => {
    drawn(settingView("rtmp.connections_max"));
    expect(screen.getByText(/It must be at least 1/)).toBeTruthy();
  });
  it("offers to reset only what is set", async () => {
    drawn();
    expect(screen.queryByRole("button", { name: "Reset origin.grace_s" })).toBeNull();
    cleanup();
    const reset = vi.spyOn(settings, "reset").mockResolvedValue(linger);
    const changed = vi.fn();
    drawn(linger, changed);
    fireEvent.click(screen.getByRole("button", { name: "Reset origin.linger_s" }));
    await waitFor(() => expect(changed).toHaveBeenCalled());
    expect(reset).toHaveBeenCalledWith("origin.linger_s", { reach: "all", id: "", version: 1 });
  });
});

describe("editing in place", () => {
  it("says which bound is broken, and sets nothing then", () => {
    const put = vi.spyOn(settings, "put");
    drawn();
    fireEvent.click(screen.getByRole("button", { name: "Edit origin.grace_s" }));
    typed(/^Value,/, "601");
    expect(screen.getByRole("alert").textContent).toBe("It must be at most 600 s.");
    fireEvent.submit(screen.getByRole("form", { name: "Edit origin.grace_s" }));
    expect(put).not.toHaveBeenCalled();
  });
  it("sets for one channel, with the version that was read", async () => {
    const put = vi.spyOn(settings, "put").mockResolvedValue(grace);
    const changed = vi.fn();
    drawn(grace, changed);
    fireEvent.click(screen.getByRole("button", { name: "Edit origin.grace_s" }));
    typed(/^Value,/, "7.5");
    fireEvent.change(screen.getByLabelText("For"), { target: { value: "channel" } });
    typed(/^Which channel/, "demo");
    typed(/^Why/, "Wi-Fi");
    fireEvent.submit(screen.getByRole("form", { name: "Edit origin.grace_s" }));
    await waitFor(() => expect(changed).toHaveBeenCalled());
    expect(put).toHaveBeenCalledWith("origin.grace_s", {
      value: 7.5,
      reach: "channel",
      id: "demo",
      version: 4,
      reason: "Wi-Fi",
    });
  });
  it("releases to a share", async () => {
    const release = vi.spyOn(settings, "release").mockResolvedValue(grace);
    const changed = vi.fn();
    drawn(grace, changed);
    fireEvent.click(screen.getByRole("button", { name: "Edit origin.grace_s" }));
    typed(/^Value,/, "30");
    fireEvent.change(screen.getByLabelText("For"), { target: { value: "share" } });
    typed(/^Share/, "10");
    fireEvent.submit(screen.getByRole("form", { name: "Edit origin.grace_s" }));
    await waitFor(() => expect(changed).toHaveBeenCalled());
    expect(release.mock.calls[0]?.[1]).toMatchObject({ value: 30, share: 0.1, version: 4 });
  });
  it("keeps what was typed where someone else was faster", async () => {
    vi.spyOn(settings, "put").mockRejectedValue(
      new Problem("setting-changed", 409, "Too late.", "Look again."),
    );
    const changed = vi.fn();
    drawn(grace, changed);
    fireEvent.click(screen.getByRole("button", { name: "Edit origin.grace_s" }));
    typed(/^Value,/, "9");
    fireEvent.submit(screen.getByRole("form", { name: "Edit origin.grace_s" }));
    await waitFor(() => expect(screen.getByText("Too late.")).toBeTruthy());
    expect(changed).toHaveBeenCalled();
    expect((screen.getByLabelText(/^Value,/) as HTMLInputElement).value).toBe("9");
  });
});

describe("history", () => {
  it("says each change in words", () => {
    expect(settingHistory(0).map((entry) => what(entry, "s"))).toEqual([
      "30 s released: 0% → 5%",
      "channel harbour: default → 5 s",
      "45 s → default",
      "default → 45 s",
    ]);
  });
});
