/**
 * Tells the server how playback goes, for whatever feeds the element: the opening, hls.js or the browser itself.
 *
 * In: readings four times a second, errors, the page going away. Out: CMCD reports (`cmcd.ts`), when the state changes and every
 * few seconds, to the address that the server gives (`GET …/beacon` beside the playlist). Nothing waits for it, and what fails is
 * tried again with the next report, within a bound. Reports begin once the stream is known to be there: who looks at a channel
 * that is offline plays nothing.
 */

import { type Reading, type ReportEvent, type ReportState, reportLine } from "./cmcd";
import { Transfers } from "./transfers";

/** Reports held while the network is away; the oldest go. */
const HELD_MAX = 100;
/** Where to report is asked again no sooner than this. */
const ASK_AGAIN_MS = 5_000;
/** A token is renewed so long before it ends. */
const RENEW_MS = 60_000;

interface Invitation {
  session: string;
  /** Relative to the address that was asked; empty: this session need not report. */
  report_to: string;
  interval_s: number;
  expires_at: number;
}

export interface ReporterOptions {
  /** The playlist's address now: a private channel's carries the newest token. */
  playlist: () => string;
  read: () => Reading;
  /** What feeds the element, for the server's labels. */
  player: () => { name: string; version: string };
  /** From the wish to play to the first picture, seconds; NaN before. */
  startupS: () => number;
}

export class PlaybackReporter {
  readonly #options: ReporterOptions;
  readonly #listening = new AbortController();
  #session = newSession();
  readonly #transfers = new Transfers();
  #held: string[] = [];
  #seq = 0;
  #state: ReportState | undefined;
  #bitrateBps = 0;
  #toldStartup = false;
  #dueMs = Number.POSITIVE_INFINITY;
  #invitation: Invitation | undefined;
  #askAtMs = 0;
  /** Reports may go out: there is a stream. */
  #open = false;
  /** The server wants none. */
  #unwanted = false;
  #busy = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    const { signal } = this.#listening;
    addEventListener("pagehide", () => this.end(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.#comeBack(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.#sendLast(), { signal });
  }

  /** By which requests for media name this playback too. */
  get session(): string {
    return this.#session;
  }

  /** The viewer wishes to play, or has since `atMs` of `performance.now()`'s clock. */
  begin(atMs = performance.now()): void {
    if (this.#state !== undefined) return;
    this.#report("ps", { ...this.#options.read(), state: "s" }, Date.now() - (performance.now() - atMs));
  }

  /** There is a stream to play: what was held goes out. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    void this.#flush();
  }

  /** Look at how it goes. Cheap: it says something only when there is something to say. */
  look(nowMs = performance.now()): void {
    if (this.#state === undefined || this.#unwanted) return;
    const reading = this.#options.read();
    const changed = reading.bitrateBps > 0 && reading.bitrateBps !== this.#bitrateBps;
    if (reading.state === "e") this.#finish(reading);
    else if (reading.state !== this.#state) this.#report("ps", reading);
    else if (changed && this.#bitrateBps > 0) this.#report("bc", reading);
    else if (nowMs >= this.#dueMs) this.#report("t", reading);
  }

  /** Something broke; the player goes on by itself. */
  error(code: string): void {
    if (this.#state !== undefined) this.#report("e", this.#options.read(), Date.now(), code);
  }

  /** A download of media ended; `ms` from its first byte to its last. */
  loaded(bytes: number, ms: number): void {
    if (this.#state !== undefined && !this.#unwanted) this.#transfers.add(bytes, ms);
  }

  /** The viewer leaves. What comes after is another playback session. */
  end(): void {
    if (this.#state !== undefined) this.#finish({ ...this.#options.read(), state: "q" });
  }

  destroy(): void {
    this.end();
    this.#listening.abort();
  }

  /** The page was kept while the viewer was elsewhere, and shows what it showed. */
  #comeBack(): void {
    this.begin();
    this.open();
  }

  #finish(reading: Reading): void {
    this.#hold("ps", reading);
    this.#sendLast();
    this.#session = newSession();
    this.#held = [];
    this.#seq = 0;
    this.#state = undefined;
    this.#bitrateBps = 0;
    this.#toldStartup = false;
    this.#invitation = undefined;
    this.#askAtMs = 0;
    this.#open = false;
  }

  #report(event: ReportEvent, reading: Reading, atMs = Date.now(), error?: string): void {
    this.#hold(event, reading, atMs, error);
    if (this.#open) void this.#flush();
  }

  #hold(event: ReportEvent, reading: Reading, atMs = Date.now(), error?: string): void {
    const startupS = this.#toldStartup || reading.state !== "p" ? Number.NaN : this.#options.startupS();
    this.#toldStartup ||= Number.isFinite(startupS);
    this.#state = reading.state;
    this.#bitrateBps = reading.bitrateBps || this.#bitrateBps;
    this.#dueMs = performance.now() + (this.#invitation?.interval_s ?? 5) * 1000;
    this.#held.push(
      reportLine({
        event,
        session: this.#session,
        seq: this.#seq++,
        atMs,
        reading,
        startupS: Number.isFinite(startupS) ? startupS : undefined,
        error,
        transfers: this.#transfers.take(),
      }),
    );
    if (this.#held.length > HELD_MAX) this.#held.shift();
  }

  async #flush(): Promise<void> {
    if (this.#busy || this.#unwanted) return;
    this.#busy = true;
    const session = this.#session;
    let sent = false;
    try {
      const address = await this.#reportTo();
      if (address && this.#held.length && session === this.#session) sent = await this.#send(address);
    } finally {
      this.#busy = false;
    }
    if (sent && this.#held.length) void this.#flush(); // what came meanwhile
  }

  /** Whether the server has taken what was held; what it could not take now goes with the next report. */
  async #send(address: string): Promise<boolean> {
    const { session } = this;
    const sent = this.#held;
    this.#held = [];
    const status = await post(address, sent);
    if (session !== this.#session) return false;
    if (status === 401 || status === 410) this.#invitation = undefined;
    const later = status === 0 || status === 429 || status >= 500;
    if (later) this.#held = [...sent, ...this.#held].slice(-HELD_MAX);
    return !later;
  }

  /** What is held, on its way before the page is gone: the browser sends it whatever becomes of us. */
  #sendLast(): void {
    const address = this.#address();
    if (!address || !this.#held.length) return;
    if (navigator.sendBeacon(address, `${this.#held.join("\n")}\n`)) this.#held = [];
  }

  async #reportTo(): Promise<string | undefined> {
    const invitation = this.#invitation;
    const ends = (invitation?.expires_at ?? 0) * 1000 - RENEW_MS < Date.now();
    if (ends && performance.now() >= this.#askAtMs) {
      this.#askAtMs = performance.now() + ASK_AGAIN_MS;
      await this.#ask();
    }
    return this.#address();
  }

  async #ask(): Promise<void> {
    const session = this.#session;
    try {
      const answer = await fetch(`${this.#beside()}?session=${session}`, { credentials: "omit" });
      if (session !== this.#session) return;
      if (answer.ok) {
        const told: Invitation = await answer.json();
        if (session !== this.#session) return;
        this.#invitation = told;
        this.#unwanted = told.report_to === "";
      } else this.#unwanted = answer.status === 404 || answer.status === 410;
    } catch {
      // no network: asked again with a later report
    }
  }

  #address(): string | undefined {
    if (!this.#invitation?.report_to) return undefined;
    const address = new URL(this.#invitation.report_to, this.#beside());
    const { name, version } = this.#options.player();
    const labels = { player: name, version, network: connectionType() };
    for (const [key, text] of Object.entries(labels)) if (text) address.searchParams.set(key, text);
    return address.href;
  }

  #beside(): string {
    return new URL("beacon", new URL(this.#options.playlist(), location.href)).href;
  }
}

/** The answer's status, 0 where there was none. */
async function post(address: string, lines: string[]): Promise<number> {
  const init: RequestInit = { method: "POST", body: `${lines.join("\n")}\n`, credentials: "omit" };
  try {
    const answer = await fetch(address, { ...init, headers: { "Content-Type": "application/cmcd" } });
    return answer.status;
  } catch {
    return 0;
  }
}

/** Such as `wifi`, in browsers that say so. */
function connectionType(): string {
  const { connection } = navigator as { connection?: { type?: string } };
  return connection?.type ?? "";
}

/** A UUID, also on pages without TLS, where browsers make none. */
function newSession(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
