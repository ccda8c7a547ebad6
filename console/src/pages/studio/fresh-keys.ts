/** Stream keys that were just made: kept in this page's memory alone, so that they can be copied until it is left. */

import { signal } from "@preact/signals";
import type { ChannelCreated } from "../../api/types";

const keys = signal<ReadonlyMap<string, string>>(new Map());

export function rememberKey({ channel, ingest }: ChannelCreated): void {
  keys.value = new Map(keys.peek()).set(channel, ingest.key);
}

export function freshKey(channel: string): string | undefined {
  return keys.value.get(channel);
}
