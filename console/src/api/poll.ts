/** Ask again and again, politely: slower while it fails, not at all while nobody looks, at once on return. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Problem } from "./problem";

export interface Polled<T> {
  /** The last good answer; kept while later calls fail, so that a page never goes blank. */
  data: T | undefined;
  /** Why the last call failed; undefined after a good one. */
  problem: Problem | undefined;
  /** Wall time of the last good answer, milliseconds. */
  at: number | undefined;
  failures: number;
}

export interface PollOptions {
  everyMs: number;
  slowestMs?: number;
  /** Go on while the page is hidden. */
  hidden?: boolean;
}

export interface Poll<T> {
  state: ReadonlySignal<Polled<T>>;
  refresh(): void;
  stop(): void;
}

/** Milliseconds until the next call: doubled with each failure in a row, up to `slowestMs`. */
export function nextDelayMs(everyMs: number, slowestMs: number, failures: number): number {
  return Math.min(slowestMs, everyMs * 2 ** Math.min(failures, 16));
}

export function startPoll<T>(load: (signal: AbortSignal) => Promise<T>, options: PollOptions): Poll<T> {
  const { everyMs, slowestMs = Math.max(15_000, everyMs), hidden = false } = options;
  const state = signal<Polled<T>>({ data: undefined, problem: undefined, at: undefined, failures: 0 });
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;

  async function turn(): Promise<void> {
    clearTimeout(timer);
    if (running || ended.signal.aborted) return;
    running = true;
    try {
      const data = await load(ended.signal);
      if (ended.signal.aborted) return;
      state.value = { data, problem: undefined, at: Date.now(), failures: 0 };
    } catch (error) {
      if (ended.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      const { data, at, failures } = state.peek();
      state.value = { data, problem: error, at, failures: failures + 1 };
    } finally {
      running = false;
      schedule();
    }
  }

  function schedule(): void {
    if (ended.signal.aborted || (document.hidden && !hidden)) return;
    clearTimeout(timer);
    timer = setTimeout(turn, nextDelayMs(everyMs, slowestMs, state.peek().failures));
  }

  function onVisibility(): void {
    if (!document.hidden) void turn();
    else if (!hidden) clearTimeout(timer);
  }

  document.addEventListener("visibilitychange", onVisibility);
  void turn();
  return {
    state,
    refresh: () => void turn(),
    stop() {
      ended.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    },
  };
}

/** A poll that lives as long as the component, begun anew when `key` changes. */
export function usePoll<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  options: PollOptions,
): Poll<T> {
  const poll = useMemo(() => startPoll(load, options), [key]);
  useEffect(() => poll.stop, [poll]);
  return poll;
}
