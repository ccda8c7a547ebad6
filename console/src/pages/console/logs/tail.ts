/** Log lines as they are written (server-sent events), newest first; opened anew by itself when the connection breaks. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { API } from "../../../api/client";
import { params } from "../../../api/telemetry";
import type { LogFilter, LogLine } from "../../../api/telemetry-types";

const RETRY_MS = 3_000;
/** Lines that came since the last paint are shown together: a flood does not freeze the page. */
const PAINT_MS = 250;
export const KEPT_LINES = 500;

export interface Tail {
  /** Newest first, at most `KEPT_LINES`. */
  lines: ReadonlySignal<LogLine[]>;
  connected: ReadonlySignal<boolean>;
  /** How many came and were pushed out by newer ones. */
  pushedOut: ReadonlySignal<number>;
  /** How many never came, because this page was too slow. */
  missed: ReadonlySignal<number>;
  stop(): void;
}

/** The newest `most` of both, newest first, and how many went. */
export function keep(fresh: LogLine[], known: LogLine[], most: number): { lines: LogLine[]; gone: number } {
  const all = [...fresh, ...known];
  return { lines: all.slice(0, most), gone: Math.max(0, all.length - most) };
}

export function startTail(filter: LogFilter): Tail {
  const lines = signal<LogLine[]>([]);
  const connected = signal(false);
  const pushedOut = signal(0);
  const missed = signal(0);
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let paint: ReturnType<typeof setTimeout> | undefined;
  let waiting: LogLine[] = [];
  let stopped = false;

  function show(): void {
    paint = undefined;
    const kept = keep(waiting, lines.peek(), KEPT_LINES);
    waiting = [];
    lines.value = kept.lines;
    pushedOut.value += kept.gone;
  }

  function open(): void {
    source = new EventSource(`${API}/logs/tail?${params(filter)}`);
    source.onopen = () => {
      connected.value = true;
    };
    source.addEventListener("log", (message) => {
      waiting = [JSON.parse((message as MessageEvent<string>).data) as LogLine, ...waiting].slice(
        0,
        KEPT_LINES,
      );
      paint ??= setTimeout(show, PAINT_MS);
    });
    source.addEventListener("missed", (message) => {
      missed.value += (JSON.parse((message as MessageEvent<string>).data) as { lines: number }).lines;
    });
    source.onerror = () => {
      connected.value = false;
      source?.close(); // the browser gives up for good on an HTTP error, so retrying is ours
      clearTimeout(retry);
      if (!stopped) retry = setTimeout(open, RETRY_MS);
    };
  }

  open();
  return {
    lines,
    connected,
    pushedOut,
    missed,
    stop() {
      stopped = true;
      clearTimeout(retry);
      clearTimeout(paint);
      source?.close();
    },
  };
}
