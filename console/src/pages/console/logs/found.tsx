/** What a search of the log found, newest first, page after page. */

import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../../api/problem";
import { serverNow } from "../../../api/server-clock";
import { logs } from "../../../api/telemetry";
import type { LogFilter, LogLine } from "../../../api/telemetry-types";
import { plural } from "../../../ui/format";
import { ProblemNotice, Skeleton } from "../../../ui/kit";
import { useConsole } from "../drill/console-context";
import { ends, rangeText } from "../drill/range";
import { LogList } from "./log-list";

const PAGE_LINES = 100;

export function Found({ filter }: { filter: LogFilter }) {
  const { view } = useConsole();
  const [lines, setLines] = useState<LogLine[]>();
  const [next, setNext] = useState("");
  const [range, setRange] = useState(() => ends(view.range, serverNow()));
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const key = JSON.stringify([filter, view.range]);

  async function load(before: string, within: typeof range, signal?: AbortSignal) {
    setProblem(undefined);
    setBusy(true);
    try {
      const page = await logs.page({ ...filter, ...within, limit: PAGE_LINES, before }, signal);
      setLines((known) => [...(before ? (known ?? []) : []), ...page.items]);
      setNext(page.next);
    } catch (error) {
      if (!signal?.aborted) setProblem(error as Problem);
    } finally {
      setBusy(false);
    }
  }

  function search(signal?: AbortSignal) {
    const within = ends(view.range, serverNow());
    setRange(within); // older pages are of the same time
    void load("", within, signal);
  }

  useEffect(() => {
    const ended = new AbortController();
    setLines(undefined);
    search(ended.signal);
    return () => ended.abort();
  }, [key]);

  return (
    <>
      <div class="log-head" role="status">
        <span class="muted small">
          {lines
            ? `${plural(lines.length, "line")}${next ? " and more" : ""}, ${rangeText(view.range)}`
            : "Searching…"}
        </span>
        <button type="button" class="button" data-size="s" disabled={busy} onClick={() => search()}>
          Search again
        </button>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {!lines && !problem && <Skeleton height="16rem" />}
      {lines?.length === 0 && (
        <div class="empty">
          <h3>Nothing found</h3>
          <p>
            No line of this slice and time has these words. Try fewer words, a longer time, or every level.
          </p>
        </div>
      )}
      {lines && lines.length > 0 && <LogList lines={lines} />}
      {next && (
        <button type="button" class="button" disabled={busy} onClick={() => void load(next, range)}>
          Show older
        </button>
      )}
    </>
  );
}
