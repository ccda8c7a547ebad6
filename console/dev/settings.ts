/** Settings in every state the page knows: for `npm run dev:demo` and the page tests. */

import type { HistoryEntry, SettingView } from "../src/api/types";

const made = (name: string, sentence: string, more: Partial<SettingView>): SettingView => ({
  name,
  owner: name.split(".")[0] ?? "",
  sentence,
  kind: "number",
  unit: "",
  bounds: "a number",
  minimum: null,
  maximum: null,
  choices: [],
  scopes: ["channel", "node", "cell", "region"],
  gray_unit: "channel",
  takes_effect: "at once",
  default: 1,
  node_default: null,
  set_value: null,
  value: more.default ?? 1,
  source: "default",
  arms: [],
  version: 0,
  overrides: [],
  overrides_count: 0,
  changes: [],
  problems: [],
  ...more,
});

export const SETTINGS: readonly SettingView[] = [
  made("node.log_level", "What is written to the log: this and everything graver.", {
    kind: "text",
    bounds: "debug, info, warning, error",
    choices: ["debug", "info", "warning", "error"],
    scopes: ["node", "cell", "region"],
    default: "info",
    value: "warning",
    node_default: "warning",
    source: "config",
  }),
  made("origin.grace_s", "How long a broadcast waits for a publisher that was cut off before it ends.", {
    unit: "s",
    bounds: "0 to 600 s",
    minimum: 0,
    maximum: 600,
    default: 60,
    value: 60,
    version: 4,
    overrides: [{ scope: "channel", id: "harbour", value: 5 }],
    overrides_count: 1,
    changes: [{ id: "chg_local_7m2k9x4c1t8v", value: 30, share: 0.05 }],
  }),
  made("origin.linger_s", "How long a broadcast waits for a publisher that said goodbye before it ends.", {
    unit: "s",
    bounds: "0 to 600 s",
    minimum: 0,
    maximum: 600,
    default: 10,
    value: 20,
    set_value: 20,
    source: "set",
    version: 1,
  }),
  made("rtmp.connections_max", "How many publishers may be connected to a node at once.", {
    kind: "integer",
    bounds: "1 to 100000",
    minimum: 1,
    maximum: 100_000,
    scopes: ["node", "cell", "region"],
    default: 1000,
    value: 1000,
    version: 2,
    problems: [
      { name: "rtmp.connections_max", place: "all", message: "It cannot be 0. It must be at least 1." },
    ],
  }),
];

export function settingView(name: string): SettingView {
  const found = SETTINGS.find((setting) => setting.name === name);
  if (!found) throw new Error(`no scripted setting ${name}`);
  return found;
}

export function settingHistory(now: number): HistoryEntry[] {
  const entry = (version: number, ago: number, more: Partial<HistoryEntry>): HistoryEntry => ({
    name: "origin.grace_s",
    version,
    at: now - ago,
    who: "admin",
    remote: "127.0.0.1",
    reason: "",
    action: "set",
    reach: "all",
    id: "",
    old: null,
    new: null,
    change: "",
    old_share: 0,
    new_share: 0,
    ...more,
  });
  return [
    entry(4, 60, { action: "release", new: 30, change: "chg_local_7m2k9x4c1t8v", new_share: 0.05 }),
    entry(3, 3_600, { reach: "channel", id: "harbour", new: 5, reason: "Wi-Fi on the pier" }),
    entry(2, 86_400, { action: "reset", old: 45 }),
    entry(1, 90_000, { new: 45 }),
  ];
}
