/** The log of every node: search in what was written, or follow what is being written. */

import { useEffect, useState } from "preact/hooks";
import type { LogFilter } from "../../../api/telemetry-types";
import { plural } from "../../../ui/format";
import { Notice, Pill } from "../../../ui/kit";
import { useConsole } from "../drill/console-context";
import { ConsoleFrame } from "../drill/frame";
import { chosenOf } from "../drill/view";
import { Found } from "./found";
import { LogList } from "./log-list";
import { KEPT_LINES, startTail, type Tail } from "./tail";
import "./logs.css";

const LEVELS = [
  { value: "", label: "every level" },
  { value: "info", label: "info and worse" },
  { value: "warning", label: "warnings and worse" },
  { value: "error", label: "errors and worse" },
];
/** A search waits until the typing pauses. */
const TYPING_MS = 300;

export default function LogsPage() {
  return (
    <ConsoleFrame title="Logs">
      <Logs />
    </ConsoleFrame>
  );
}

function Logs() {
  const { view, go } = useConsole();
  const { q = "", level = "", session = "", follow = "" } = view.rest;
  const following = follow === "1";
  const set = (name: string, value: string) => go({ ...view, rest: { ...view.rest, [name]: value } }, true);
  const { channel, node, region } = chosenOf(view);
  const filter: LogFilter = { q, level, session, channel, node, region };
  return (
    <section class="card logs" aria-label="Log lines">
      <search class="log-tools">
        <Words value={q} onChange={(value) => set("q", value)} />
        <label class="filter">
          <span class="visually-hidden">Level</span>
          <select value={level} onChange={(event) => set("level", event.currentTarget.value)}>
            {LEVELS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="button"
          data-size="s"
          data-kind={following ? "primary" : undefined}
          aria-pressed={following}
          onClick={() => set("follow", following ? "" : "1")}
        >
          {following ? "Following" : "Follow live"}
        </button>
      </search>
      {session && (
        <p class="small">
          Of session <code>{session}</code>{" "}
          <button type="button" class="link-button" onClick={() => set("session", "")}>
            of all
          </button>
        </p>
      )}
      {following ? <Following key={JSON.stringify(filter)} filter={filter} /> : <Found filter={filter} />}
    </section>
  );
}

/** The words to search for; they are in the address once the typing pauses. */
function Words({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label class="log-words">
      <span class="visually-hidden">Search the log</span>
      <input
        type="search"
        placeholder="Words, such as publisher_refused or demo"
        maxLength={200}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </label>
  );
}

function Following({ filter }: { filter: LogFilter }) {
  const [tail, setTail] = useState<Tail>();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    const started = startTail(filter);
    setTail(started);
    return started.stop;
  }, []);
  const lines = tail?.lines.value ?? [];
  const [shown, setShown] = useState(lines);
  useEffect(() => {
    if (!held) setShown(lines);
  }, [lines, held]);
  if (!tail) return null;
  return (
    <>
      <div class="log-head">
        <Pill tone={tail.connected.value ? "ok" : "bad"}>
          {tail.connected.value ? "Live" : "Connecting…"}
        </Pill>
        <button type="button" class="button" data-size="s" aria-pressed={held} onClick={() => setHeld(!held)}>
          {held ? `Go on (${lines.length - shown.length > 0 ? "new lines wait" : "nothing new"})` : "Hold"}
        </button>
        {tail.missed.value > 0 && (
          <span class="small">
            {plural(tail.missed.value, "line")} came too fast to follow: search for them.
          </span>
        )}
        {tail.pushedOut.value > 0 && (
          <span class="muted small">Older than the newest {KEPT_LINES} lines: search for them.</span>
        )}
      </div>
      {shown.length === 0 ? (
        <Notice
          tone="quiet"
          title="Nothing written yet."
          hint="Lines that match appear here as they are written."
        />
      ) : (
        <LogList lines={shown} live />
      )}
    </>
  );
}
