/**
 * A scripted API for `npm run dev:demo`: every state of every page without a server or an encoder.
 *
 * One channel per state (see `fixtures.ts`); sign in with the token `demo`. A cookie `demo_health` of `ok`, `degraded`
 * or `failing` chooses the health shown. Video, where a page plays one, comes from a real server by the proxy.
 */

import { execFileSync } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Connect, Plugin } from "vite";
import type { IndicatorQuery } from "../src/api/telemetry-types";
import type { CheckStatus, StreamEvent } from "../src/api/types";
import { channelViews, healthOf, nodeStatus, SCENES, streamView, watchView } from "./fixtures.ts";
import { SETTINGS, settingHistory } from "./settings.ts";
import { ALERT_RULES, adviceOf, alertList, logLine, logLines, sessionList, sessionStory } from "./stories.ts";
import { answerOf, INDICATORS } from "./telemetry.ts";

const PYTHON = join(import.meta.dirname, "../../.venv/bin/python");
const TOKEN = "demo";
const SESSION = "tidegate_session=demo";
const EVENT_EVERY_MS = 4_000;
const LINE_EVERY_MS = 700;

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  parts: string[];
  now: number;
}

function send(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): void {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(status, body === undefined ? headers : { "Content-Type": type, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, code: string, detail: string, hint: string): void {
  send(response, status, { type: `/docs/errors#${code}`, title: code, status, detail, code, hint });
}

async function body(request: IncomingMessage): Promise<Record<string, string>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}

function found<T>(call: Call, value: T | undefined, name: string): void {
  if (value) send(call.response, 200, value);
  else
    problem(
      call.response,
      404,
      "not-found",
      `There is no channel named '${name}'.`,
      "Create it in the studio.",
    );
}

function created(call: Call, name: string): void {
  send(call.response, 201, {
    channel: name,
    title: name,
    ingest: {
      rtmp: "rtmp://127.0.0.1:1935/live",
      key: "8q4t-0vzk-6m2k-9x4c-1t8v-7hbn",
      rtmps: null,
      srt: "srt://127.0.0.1:8890",
    },
    playback: {
      hls: `http://127.0.0.1:8080/live/${name}/index.m3u8`,
      watch: `http://127.0.0.1:8080/watch/${name}`,
    },
  });
}

async function session(call: Call): Promise<void> {
  const { request, response } = call;
  if (request.method === "GET") return send(response, 200, { role: "admin" });
  if (request.method === "DELETE") {
    return send(response, 204, undefined, { "Set-Cookie": `${SESSION}; Path=/; Max-Age=0` });
  }
  const { token } = await body(request);
  if (token === TOKEN) return send(response, 204, undefined, { "Set-Cookie": `${SESSION}; Path=/` });
  problem(
    response,
    401,
    "unauthorized",
    "This is not the admin token.",
    "`tidegate status` says where it is kept.",
  );
}

async function channels(call: Call): Promise<void> {
  const { request, response, parts, now } = call;
  const name = parts[1];
  if (name === undefined) {
    if (request.method === "GET") return send(response, 200, { items: channelViews(now) });
    const wanted = (await body(request)).name ?? "";
    if (wanted in SCENES) {
      return problem(
        response,
        409,
        "conflict",
        `A channel named '${wanted}' exists.`,
        "Choose another name.",
      );
    }
    return created(call, wanted);
  }
  if (parts[2] === "keys") return created(call, name);
  if (request.method === "DELETE") return send(response, 204);
  found(
    call,
    channelViews(now).find((channel) => channel.name === name),
    name,
  );
}

function streams({ request, response, parts, now }: Call): void {
  const channel = parts[1];
  if (parts[2] === "advice") {
    send(response, 200, adviceOf(channel ?? "", now));
  } else if (request.method === "DELETE") {
    send(response, 204);
  } else if (channel === undefined) {
    const items = Object.keys(SCENES)
      .map((name) => streamView(name, now))
      .filter((stream) => stream?.state !== "offline");
    send(response, 200, { items });
  } else {
    found({ request, response, parts, now }, streamView(channel, now), channel);
  }
}

function events({ request, response }: Call): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  let turn = 0;
  const say = () => {
    const [channel, scene] = Object.entries(SCENES)[turn++ % 5] as [string, { state: StreamEvent["state"] }];
    const event: StreamEvent = {
      channel,
      state: scene.state,
      at: Date.now() / 1000,
      broadcast: `brd_local_${channel}`,
      reason: scene.state === "interrupted" ? "disconnected" : "",
    };
    response.write(`event: stream\ndata: ${JSON.stringify(event)}\n\n`);
  };
  say();
  const timer = setInterval(say, EVENT_EVERY_MS);
  request.on("close", () => clearInterval(timer));
}

/** Nothing is kept: a change answers with the setting as it is scripted, a value that someone was faster. */
function settings({ request, response, parts, now }: Call): void {
  const setting = SETTINGS.find(({ name }) => name === parts[1]);
  if (parts.at(-1) === "history") send(response, 200, { items: settingHistory(now), next: "" });
  else if (parts.length < 2) send(response, 200, { items: SETTINGS, problems: [] });
  else if (!setting) problem(response, 404, "setting-not-found", "There is no such setting.", "");
  else if (request.method === "PUT")
    problem(response, 409, "setting-changed", "Someone else has changed it.", "Look at what it is now.");
  else send(response, 200, setting);
}

async function indicators({ request, response, parts, now }: Call): Promise<void> {
  if (parts[1] !== "query") return send(response, 200, { items: INDICATORS });
  const query = (await body(request)) as unknown as IndicatorQuery;
  send(response, 200, answerOf(query, now));
}

function playbackSessions(call: Call): void {
  const { response, parts, now } = call;
  if (parts[1] === undefined) send(response, 200, { items: sessionList(now) });
  else found(call, sessionStory(parts[1], now), parts[1]);
}

function logs({ request, response, parts, now }: Call): void {
  const asked = new URL(request.url ?? "", "http://localhost").searchParams;
  if (parts[1] !== "tail") {
    const items = logLines(now, asked.get("q") ?? "", asked.get("level") ?? "");
    send(response, 200, { items, next: "" });
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  let turn = 0;
  const say = () =>
    response.write(`event: log\ndata: ${JSON.stringify(logLine(turn++, Date.now() / 1000))}\n\n`);
  say();
  const timer = setInterval(say, LINE_EVERY_MS);
  request.on("close", () => clearInterval(timer));
}

function alerts({ request, response, parts, now }: Call): void {
  if (request.method !== "GET") send(response, 204);
  else send(response, 200, parts[1] === "rules" ? { items: ALERT_RULES } : alertList(now));
}

function health({ request, response }: Call): void {
  const chosen = /demo_health=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "ok";
  send(response, 200, healthOf(chosen as CheckStatus));
}

const PUBLIC = new Set(["watch", "version", "openapi.json"]);

async function answer(call: Call): Promise<void> {
  const { request, response, parts, now } = call;
  const signedIn = request.headers.cookie?.includes(SESSION) ?? false;
  const opening = parts[0] === "session" && request.method === "POST";
  if (!signedIn && !opening && !PUBLIC.has(parts[0] ?? "")) {
    return problem(response, 401, "unauthorized", "This needs a session.", "Sign in with the admin token.");
  }
  switch (parts[0]) {
    case "session":
      return session(call);
    case "channels":
      return channels(call);
    case "streams":
      return streams(call);
    case "settings":
      return settings(call);
    case "indicators":
      return indicators(call);
    case "playback-sessions":
      return playbackSessions(call);
    case "logs":
      return logs(call);
    case "alerts":
      return alerts(call);
    case "nodes":
      return send(response, 200, { items: [nodeStatus(now)] });
    case "health":
      return health(call);
    case "events":
      return events(call);
    case "version":
      return send(response, 200, { version: "0.1.0" });
    case "openapi.json":
      return send(
        response,
        200,
        JSON.parse(execFileSync(PYTHON, ["-m", "tidegate.api"], { encoding: "utf8" })),
      );
    case "watch":
      return found(call, watchView(parts[1] ?? "", now), parts[1] ?? "");
    default:
      return problem(response, 404, "not-found", "There is no such address.", "See /docs.");
  }
}

export function demoApi(): Plugin {
  const middleware: Connect.NextHandleFunction = (request, response, next) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (!path.startsWith("/api/v1/")) return next();
    const parts = path.slice("/api/v1/".length).split("/").map(decodeURIComponent);
    answer({ request, response, parts, now: Date.now() / 1000 }).catch(next);
  };
  return {
    name: "tidegate-demo-api",
    configureServer: (server) => {
      server.middlewares.use(middleware);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use(middleware);
    },
  };
}
