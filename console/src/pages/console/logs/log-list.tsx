/** Log lines, each with its fields behind it and ways on: to its channel, its session, its node. */

import type { LogLine } from "../../../api/telemetry-types";
import { useConsole } from "../drill/console-context";
import { type Dimension, href, narrow } from "../drill/view";

const LEVEL_WORD: Record<string, string> = {
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  critical: "crit",
};

/** To the millisecond: lines of one second have an order. */
export function exactTime(at: number): string {
  const date = new Date(at * 1000);
  return `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** A line's fields as names and texts. What is no JSON object is shown as it is. */
export function fieldsOf({ fields }: LogLine): [string, string][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(fields);
  } catch {
    return [["fields", fields]];
  }
  if (typeof parsed !== "object" || parsed === null) return [["fields", fields]];
  return Object.entries(parsed).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
}

/** The line without its event's name in front, which stands beside it. */
export function messageOf({ message, event }: LogLine): string {
  return message.startsWith(event) ? message.slice(event.length).trim() : message;
}

export function LogList({ lines, live = false }: { lines: readonly LogLine[]; live?: boolean }) {
  return (
    <ol class="log-lines" aria-live={live ? "off" : undefined}>
      {lines.map((line, index) => (
        <li key={`${line.at} ${line.node} ${line.message} ${lines.length - index}`} data-level={line.level}>
          <Line line={line} />
        </li>
      ))}
    </ol>
  );
}

function Line({ line }: { line: LogLine }) {
  return (
    <details>
      <summary>
        <time class="figure">{exactTime(line.at)}</time>
        <span class="log-level">{LEVEL_WORD[line.level] ?? line.level}</span>
        <span class="log-text">
          <strong>{line.event}</strong> {messageOf(line)}
        </span>
      </summary>
      <Fields line={line} />
    </details>
  );
}

function Fields({ line }: { line: LogLine }) {
  const { path, view } = useConsole();
  const known: [Dimension, string][] = [
    ["channel", line.channel],
    ["node", line.node],
    ["region", line.region],
  ];
  return (
    <dl class="log-fields">
      {known.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <a href={href(path, narrow(view, name, value))}>{value}</a>
              </dd>
            </div>
          ),
      )}
      {line.session && (
        <div>
          <dt>session</dt>
          <dd>
            <a href={href(path, { ...view, rest: { ...view.rest, session: line.session } })}>
              {line.session}
            </a>
          </dd>
        </div>
      )}
      {line.logger && (
        <div>
          <dt>logger</dt>
          <dd>{line.logger}</dd>
        </div>
      )}
      {fieldsOf(line).map(([name, value]) => (
        <div key={`field ${name}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
