/** A setting's value as it is shown and as it is typed. Pure; the server's own check stays the last word. */

import type { SettingValue, SettingView } from "../../api/types";

/** `5 s`, `on`, `info`; without the unit where a form shows that beside the field. */
export function valueText(value: SettingValue, unit = ""): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  const text = typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 6 }) : value;
  return unit ? `${text} ${unit}` : text;
}

export function shown(setting: SettingView, value: SettingValue): string {
  return valueText(value, setting.unit);
}

/** What holds for all whom no change and no value of their own has reached. */
export function baseValue({ set_value, node_default, default: release }: SettingView): SettingValue {
  return set_value ?? node_default ?? release;
}

export type Typed = { value: SettingValue; wrong?: undefined } | { value?: undefined; wrong: string };

/** What was typed, in the setting's kind, or what is wrong with it. */
export function read(setting: SettingView, text: string): Typed {
  if (setting.kind === "flag") return { value: text === "true" };
  if (setting.kind === "text") return { value: text };
  const typed = text.trim();
  const value = Number(typed);
  if (typed === "" || !Number.isFinite(value)) return { wrong: "Give a number." };
  if (setting.kind === "integer" && !Number.isInteger(value)) return { wrong: "Give a whole number." };
  const { minimum, maximum } = setting;
  if (minimum !== null && value < minimum)
    return { wrong: `It must be at least ${valueText(minimum, setting.unit)}.` };
  if (maximum !== null && value > maximum)
    return { wrong: `It must be at most ${valueText(maximum, setting.unit)}.` };
  return { value };
}

/** Text to begin editing with. */
export function editable(value: SettingValue): string {
  return String(value);
}

export interface Group {
  name: string;
  settings: SettingView[];
}

/** Settings whose name, sentence or owner has every word, by their part. */
export function groups(settings: readonly SettingView[], search: string, changedOnly: boolean): Group[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Map<string, SettingView[]>();
  for (const setting of settings) {
    const text = `${setting.name} ${setting.sentence} ${setting.owner}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    if (changedOnly && !isChanged(setting)) continue;
    const part = setting.name.split(".", 1)[0] ?? "";
    found.set(part, [...(found.get(part) ?? []), setting]);
  }
  return [...found].map(([name, members]) => ({ name, settings: members }));
}

export function isChanged({ source, overrides_count, changes, problems }: SettingView): boolean {
  return source !== "default" || overrides_count > 0 || changes.length > 0 || problems.length > 0;
}
