/** Who changed what, when and why, newest first: of one setting or of all, page after page. */

import { useEffect, useState } from "preact/hooks";
import { settings } from "../../api/client";
import type { Problem } from "../../api/problem";
import type { HistoryEntry, SettingValue, SettingView } from "../../api/types";
import { Drawer } from "../../ui/drawer";
import { dateTime } from "../../ui/format";
import { ProblemNotice, Skeleton } from "../../ui/kit";
import { valueText } from "./value";

interface DrawerProps {
  /** Undefined: all settings. */
  setting: SettingView | undefined;
  units: ReadonlyMap<string, string>;
  onClose: () => void;
}

export function HistoryDrawer({ setting, units, onClose }: DrawerProps) {
  const [entries, setEntries] = useState<HistoryEntry[]>();
  const [next, setNext] = useState("");
  const [problem, setProblem] = useState<Problem>();

  async function load(before: string) {
    setProblem(undefined);
    try {
      const page = await settings.history(setting?.name, before);
      setEntries((known) => [...(before ? (known ?? []) : []), ...page.items]);
      setNext(page.next);
    } catch (error) {
      setProblem(error as Problem);
    }
  }

  useEffect(() => {
    void load("");
  }, []);

  return (
    <Drawer
      label={setting ? `History of ${setting.name}` : "History of all settings"}
      heading={
        <>
          <h2>History</h2>
          <p class="muted small">{setting ? <code>{setting.name}</code> : "All settings"}</p>
        </>
      }
      onClose={onClose}
    >
      {problem && <ProblemNotice problem={problem} />}
      {!entries && !problem && <Skeleton height="10rem" />}
      {entries?.length === 0 && <p class="muted">Nothing was ever changed here.</p>}
      <ol class="entries">
        {entries?.map((entry) => (
          <li key={`${entry.name} ${entry.version}`}>
            {!setting && <code>{entry.name}</code>}
            <p>{what(entry, units.get(entry.name) ?? "")}</p>
            {entry.reason && <p class="reason">“{entry.reason}”</p>}
            <p class="muted small figure">
              {dateTime(entry.at)} · {entry.who}
              {entry.remote && ` from ${entry.remote}`} · version {entry.version}
            </p>
          </li>
        ))}
      </ol>
      {next && (
        <button type="button" class="button" onClick={() => void load(next)}>
          Show older
        </button>
      )}
    </Drawer>
  );
}

/** One entry as a sentence's worth of words. */
export function what(entry: HistoryEntry, unit: string): string {
  const text = (value: SettingValue | null) => (value === null ? "default" : valueText(value, unit));
  const share = (value: number) => `${Math.round(value * 100_000) / 1000}%`;
  switch (entry.action) {
    case "release":
      return `${text(entry.new)} released: ${share(entry.old_share)} → ${share(entry.new_share)}`;
    case "promote":
      return `${text(entry.old)} → ${text(entry.new)}, promoted from ${share(entry.old_share)}`;
    case "abort":
      return `Change aborted at ${share(entry.old_share)}`;
    default:
      return `${entry.reach === "all" ? "" : `${entry.reach} ${entry.id}: `}${text(entry.old)} → ${text(entry.new)}`;
  }
}
