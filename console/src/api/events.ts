/** The live feed of stream events (server-sent events), with its connection's state. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { API } from "./client";
import type { StreamEvent } from "./types";

const KEPT_EVENTS = 100;
const RETRY_MS = 3_000;

export interface Feed {
  /** Newest first, at most `KEPT_EVENTS`. */
  events: ReadonlySignal<StreamEvent[]>;
  connected: ReadonlySignal<boolean>;
  stop(): void;
}

export function startFeed(): Feed {
  const events = signal<StreamEvent[]>([]);
  const connected = signal(false);
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  function open(): void {
    source = new EventSource(`${API}/events`);
    source.onopen = () => {
      connected.value = true;
    };
    source.addEventListener("stream", (message) => {
      const event = JSON.parse((message as MessageEvent<string>).data) as StreamEvent;
      events.value = [event, ...events.peek()].slice(0, KEPT_EVENTS);
    });
    source.onerror = () => {
      connected.value = false;
      // the browser gives up for good on an HTTP error, so retrying is ours
      source?.close();
      clearTimeout(timer);
      if (!stopped) timer = setTimeout(open, RETRY_MS);
    };
  }

  open();
  return {
    events,
    connected,
    stop() {
      stopped = true;
      clearTimeout(timer);
      source?.close();
    },
  };
}
