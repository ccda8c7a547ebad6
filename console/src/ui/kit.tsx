/** Small parts that every page is made of: pills, notices, copyable values, dialogs, skeletons. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import type { CheckStatus, NoteLevel, StreamState } from "../api/types";
import { Icon, type IconName } from "./icons";

export type Tone = "live" | "ok" | "warn" | "bad" | "quiet";

const STATE: Record<StreamState, { tone: Tone; label: string }> = {
  offline: { tone: "quiet", label: "Offline" },
  starting: { tone: "warn", label: "Starting" },
  live: { tone: "live", label: "Live" },
  interrupted: { tone: "warn", label: "Interrupted" },
  ended: { tone: "quiet", label: "Ended" },
};

export function Pill({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class="pill" data-tone={tone}>
      {children}
    </span>
  );
}

export function StatePill({ state }: { state: StreamState }) {
  return <Pill tone={STATE[state].tone}>{STATE[state].label}</Pill>;
}

const TONE_ICON: Record<Tone, IconName> = {
  live: "info",
  ok: "check",
  warn: "warning",
  bad: "error",
  quiet: "info",
};

export const LEVEL_TONE: Record<NoteLevel, Tone> = { info: "quiet", warning: "warn", error: "bad" };
export const CHECK_TONE: Record<CheckStatus, Tone> = { ok: "ok", degraded: "warn", failing: "bad" };

interface NoticeProps {
  tone: Tone;
  title: ComponentChildren;
  /** What to do next. */
  hint?: ComponentChildren;
  children?: ComponentChildren;
}

export function Notice({ tone, title, hint, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone}>
      <Icon name={TONE_ICON[tone]} />
      <strong>{title}</strong>
      {hint && <span>{hint}</span>}
      {children}
    </div>
  );
}

/** A refused call, as people should read it. */
export function ProblemNotice({ problem }: { problem: Problem }) {
  return (
    <div role="alert">
      <Notice tone="bad" title={problem.message} hint={problem.hint || undefined} />
    </div>
  );
}

const COPIED_MS = 1_600;

/** Copy to the clipboard; false where the browser refuses (no permission, plain HTTP elsewhere than localhost). */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

interface CopyableProps {
  value: string;
  /** What it is, for the button's name: `Copy stream key`. */
  what: string;
  block?: boolean;
  /** Shown instead of the value, which is copied all the same. */
  mask?: string | undefined;
}

export function Copyable({ value, what, block, mask }: CopyableProps) {
  const [said, setSaid] = useState("");
  const shown = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), COPIED_MS);
    return () => clearTimeout(timer);
  }, [said]);

  async function copy() {
    if (await copyText(value)) return setSaid("Copied");
    if (shown.current) getSelection()?.selectAllChildren(shown.current);
    setSaid("Press Ctrl C");
  }

  const text = mask ?? value;
  return (
    <div class="copyable">
      {block ? (
        <pre>
          <span ref={shown}>{text}</span>
        </pre>
      ) : (
        <code>
          <span ref={shown}>{text}</span>
        </code>
      )}
      <button type="button" onClick={copy} aria-label={said || `Copy ${what}`}>
        <Icon name={said === "Copied" ? "check" : "copy"} size={16} />
        <span aria-hidden="true">{said || "Copy"}</span>
      </button>
      <span class="visually-hidden" role="status">
        {said && `${what}: ${said}`}
      </span>
    </div>
  );
}

export function Skeleton({ width = "100%", height = "1em" }: { width?: string; height?: string }) {
  return <span class="skeleton" style={{ width, height }} />;
}

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
}

/** A modal dialog; the browser keeps the focus inside and gives it back. */
export function Dialog({ title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog ref={element} class="dialog" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  children: ComponentChildren;
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}

/** Ask before something that cannot be taken back. Stays open, with the reason, where it is refused. */
export function Confirm({ title, children, action, onConfirm, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function confirm() {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(error as Problem);
      setBusy(false);
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="stack">
        {children}
        {problem && <ProblemNotice problem={problem} />}
      </div>
      <div class="buttons">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button" data-kind="danger" disabled={busy} onClick={confirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}

/** The time now, renewed every second, for ages and durations. Seconds since the epoch. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}
