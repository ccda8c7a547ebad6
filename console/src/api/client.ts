/** Every call the pages make, one function each. All throw `Problem`. Auth is the session cookie. */

import { Problem, problemOf, unreachable } from "./problem";
import { noteServerDate } from "./server-clock";
import type {
  ChannelCreated,
  ChannelView,
  CreatedWebhook,
  Delivery,
  Health,
  NodeStatus,
  PlaybackTokenView,
  Publisher,
  PullView,
  RecordingView,
  SettingHistory,
  SettingList,
  SettingPut,
  SettingRelease,
  SettingView,
  SlateView,
  StreamView,
  WatchRecordingView,
  WatchView,
  Webhook,
  WebhookList,
  WorldStatus,
} from "./types";

export const API = "/api/v1";
const TIMEOUT_MS = 10_000;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Items<T> {
  items: T[];
}

export interface CallOptions {
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  file?: Blob;
  signal?: AbortSignal | undefined;
}

/** Called with every 401, so that the session's state follows what the server says. */
let onUnauthorized: () => void = () => {};

export function whenUnauthorized(callback: () => void): void {
  onUnauthorized = callback;
}

export async function call<T>(
  method: Method,
  path: string,
  { body, file, signal }: CallOptions = {},
): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Tidegate"] = "1"; // what a page elsewhere cannot send: the guard against CSRF
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(API + path, {
      method,
      headers,
      body: file ?? (body === undefined ? null : JSON.stringify(body)),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
  noteServerDate(response.headers.get("Date"), Date.now());
  if (response.status === 401) onUnauthorized();
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new Problem("bad-answer", response.status, "The server's answer could not be read.", "Try again.");
  }
}

const at = encodeURIComponent;

function query(values: Record<string, string | number>): string {
  return new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString();
}

export const session = {
  check: (signal?: AbortSignal) => call<{ role: string }>("GET", "/session", { signal }),
  open: (token: string) => call<void>("POST", "/session", { body: { token } }),
  close: () => call<void>("DELETE", "/session"),
};

export const channels = {
  list: async (signal?: AbortSignal) =>
    (await call<Items<ChannelView>>("GET", "/channels", { signal })).items,
  create: (name: string, title: string) =>
    call<ChannelCreated>("POST", "/channels", { body: title ? { name, title } : { name } }),
  read: (name: string, signal?: AbortSignal) => call<ChannelView>("GET", `/channels/${at(name)}`, { signal }),
  retitle: (name: string, title: string) =>
    call<ChannelView>("PATCH", `/channels/${at(name)}`, { body: { title } }),
  remove: (name: string) => call<void>("DELETE", `/channels/${at(name)}`),
  source: (name: string, signal?: AbortSignal) =>
    call<PullView>("GET", `/channels/${at(name)}/pull`, { signal }),
  pull: (name: string, url: string, loop: boolean) =>
    call<PullView>("PUT", `/channels/${at(name)}/pull`, { body: { url, loop } }),
  stopPulling: (name: string) => call<void>("DELETE", `/channels/${at(name)}/pull`),
  rotateKey: (name: string) => call<ChannelCreated>("POST", `/channels/${at(name)}/keys`),
};

export const ladders = {
  /** Whether this channel gets a ladder, whatever is set for all. */
  enable: (channel: string, on: boolean) =>
    call<unknown>("PUT", "/settings/ladder.enabled", {
      body: { value: on, reach: "channel", id: channel, reason: "Set in the studio" },
    }),
};

export const streams = {
  list: async (signal?: AbortSignal) => (await call<Items<StreamView>>("GET", "/streams", { signal })).items,
  read: (channel: string, signal?: AbortSignal) =>
    call<StreamView>("GET", `/streams/${at(channel)}`, { signal }),
  stopPublisher: (channel: string) => call<void>("DELETE", `/streams/${at(channel)}/publisher`),
  switchTo: (channel: string, to: Publisher["role"]) =>
    call<StreamView>("POST", `/streams/${at(channel)}/switch`, { body: { to } }),
};

export const recordings = {
  list: async (channel: string, signal?: AbortSignal) =>
    (await call<Items<RecordingView>>("GET", `/recordings?${query({ channel })}`, { signal })).items,
  read: (id: string, signal?: AbortSignal) => call<RecordingView>("GET", `/recordings/${at(id)}`, { signal }),
  change: (id: string, body: { title?: string; keep?: boolean }) =>
    call<RecordingView>("PATCH", `/recordings/${at(id)}`, { body }),
  remove: (id: string) => call<void>("DELETE", `/recordings/${at(id)}`),
  cut: (id: string, begin_s: number, end_s: number, title: string, exact: "gop" | "frame") =>
    call<RecordingView>("POST", `/recordings/${at(id)}/clips`, { body: { begin_s, end_s, title, exact } }),
};

export const slates = {
  read: (channel: string, signal?: AbortSignal) =>
    call<SlateView>("GET", `/channels/${at(channel)}/slate`, { signal }),
  upload: (channel: string, file: Blob) =>
    call<SlateView>("PUT", `/channels/${at(channel)}/slate/picture`, { file }),
  removePicture: (channel: string) => call<void>("DELETE", `/channels/${at(channel)}/slate/picture`),
};

export const playback = {
  makeToken: (channel: string, ttl_s: number) =>
    call<PlaybackTokenView>("POST", `/channels/${at(channel)}/tokens`, { body: { ttl_s } }),
};

interface WebhookWish {
  url: string;
  description: string;
  channel: string;
  events: readonly string[];
}

export const webhooks = {
  list: (signal?: AbortSignal) => call<WebhookList>("GET", "/webhooks", { signal }),
  add: (wish: WebhookWish) => call<CreatedWebhook>("POST", "/webhooks", { body: wish }),
  change: (id: string, changes: Partial<WebhookWish> & { enabled?: boolean }) =>
    call<Webhook>("PATCH", `/webhooks/${at(id)}`, { body: changes }),
  remove: (id: string) => call<void>("DELETE", `/webhooks/${at(id)}`),
  test: (id: string) => call<Delivery>("POST", `/webhooks/${at(id)}/test`),
  rotate: (id: string, graceS: number) =>
    call<CreatedWebhook>("POST", `/webhooks/${at(id)}/rotate-secret`, { body: { grace_s: graceS } }),
  deliveries: async (only: string, signal?: AbortSignal) =>
    (await call<Items<Delivery>>("GET", `/webhooks/deliveries?only=${at(only)}`, { signal })).items,
  replay: (id: string) => call<Delivery>("POST", `/webhooks/deliveries/${at(id)}/replay`),
};

export const nodes = {
  list: async (signal?: AbortSignal) => (await call<Items<NodeStatus>>("GET", "/nodes", { signal })).items,
};

export const settings = {
  list: (signal?: AbortSignal) => call<SettingList>("GET", "/settings", { signal }),
  /** As it is in effect for one channel. */
  read: (name: string, channel: string, signal?: AbortSignal) =>
    call<SettingView>("GET", `/settings/${at(name)}?${query({ channel })}`, { signal }),
  put: (name: string, body: SettingPut) => call<SettingView>("PUT", `/settings/${at(name)}`, { body }),
  reset: (name: string, place: { reach: string; id: string; version: number }) =>
    call<SettingView>("DELETE", `/settings/${at(name)}?${query(place)}`),
  release: (name: string, body: SettingRelease) =>
    call<SettingView>("POST", `/settings/${at(name)}/changes`, { body }),
  promote: (name: string, change: string, version: number) =>
    call<SettingView>("POST", `/settings/${at(name)}/changes/${at(change)}/promote`, { body: { version } }),
  abort: (name: string, change: string, version: number) =>
    call<SettingView>("DELETE", `/settings/${at(name)}/changes/${at(change)}?${query({ version })}`),
  /** Of one setting, or of all where none is named; `before` is `next` of the page before. */
  history: (name: string | undefined, before: string) =>
    call<SettingHistory>(
      "GET",
      `/settings${name === undefined ? "" : `/${at(name)}`}/history?${query({ before })}`,
    ),
};

export const clips = {
  /** Of the last seconds on air, by whoever is signed in. */
  cutLast: (channel: string, last_s: number) =>
    call<RecordingView>("POST", `/channels/${at(channel)}/clips`, { body: { last_s } }),
  /** The same by a viewer, where the channel lets viewers. */
  cutLastAsViewer: (channel: string, last_s: number, token: string) =>
    call<WatchRecordingView>("POST", `/watch/${at(channel)}/clips${token ? `?token=${at(token)}` : ""}`, {
      body: { last_s },
    }),
};

export const world = {
  read: (signal?: AbortSignal) => call<WorldStatus>("GET", "/world", { signal }),
  hurt: (what: string) => call<WorldStatus>("POST", `/world/hurt/${at(what)}`),
  heal: (what: string) => call<WorldStatus>("DELETE", `/world/hurt/${at(what)}`),
};

export const health = (signal?: AbortSignal) => call<Health>("GET", "/health", { signal });

export const watch = (channel: string, token: string, signal?: AbortSignal) =>
  call<WatchView>("GET", `/watch/${at(channel)}${token ? `?token=${at(token)}` : ""}`, { signal });

export const watchRecording = (channel: string, id: string, token: string, signal?: AbortSignal) =>
  call<WatchRecordingView>(
    "GET",
    `/watch/${at(channel)}/recordings/${at(id)}${token ? `?token=${at(token)}` : ""}`,
    { signal },
  );
