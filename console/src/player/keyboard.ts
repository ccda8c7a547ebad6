/** Keys of the player, as one table: what each does, and how the help names it. */

export type Command =
  | "toggle-play"
  | "toggle-mute"
  | "fullscreen"
  | "go-live"
  | "back"
  | "forward"
  | "louder"
  | "quieter"
  | "captions"
  | "stats"
  | "help";

interface Binding {
  keys: readonly string[];
  command: Command;
  label: string;
}

export const BINDINGS: readonly Binding[] = [
  { keys: ["Space", "k"], command: "toggle-play", label: "Play or pause" },
  { keys: ["m"], command: "toggle-mute", label: "Mute or unmute" },
  { keys: ["f"], command: "fullscreen", label: "Full screen" },
  { keys: ["l"], command: "go-live", label: "Go to live" },
  { keys: ["←"], command: "back", label: "Back 5 seconds" },
  { keys: ["→"], command: "forward", label: "Forward 5 seconds" },
  { keys: ["↑"], command: "louder", label: "Louder" },
  { keys: ["↓"], command: "quieter", label: "Quieter" },
  { keys: ["c"], command: "captions", label: "Captions" },
  { keys: ["i"], command: "stats", label: "Statistics" },
  { keys: ["?"], command: "help", label: "This help" },
];

const NAMED: Record<string, string> = {
  " ": "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** What has the focus: a control that uses the key itself keeps it. */
  target: EventTarget | null;
}

/** The command of a key press; undefined where it means nothing here or belongs to a focused control. */
export function commandOf({ key, ctrlKey, metaKey, altKey, target }: KeyPress): Command | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const name = NAMED[key] ?? key.toLowerCase();
  if (target instanceof HTMLElement && takes(target, name)) return undefined;
  return BINDINGS.find(({ keys }) => keys.includes(name))?.command;
}

function takes(target: HTMLElement, name: string): boolean {
  if (target.closest("dialog, [role=menu]")) return true;
  if (target instanceof HTMLInputElement) return target.type !== "range" || "←→↑↓".includes(name);
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return name === "Space" && target.closest("button, a, summary") !== null;
}
