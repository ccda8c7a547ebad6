/** The time range of all numbers on the page: the last minutes, which move, or a fixed piece of the past. */

import { useState } from "preact/hooks";
import { serverNow } from "../../../api/server-clock";
import { Dialog } from "../../../ui/kit";
import { useConsole } from "./console-context";
import { ends, isFixed, PRESETS, rangeText } from "./range";

const OTHER = "other";

export function RangePicker() {
  const { view, go } = useConsole();
  const [asking, setAsking] = useState(false);
  const { range } = view;
  const preset = isFixed(range) ? undefined : PRESETS.find(({ lastS }) => lastS === range.lastS);

  function choose(value: string) {
    if (value === OTHER) return setAsking(true);
    go({ ...view, range: { lastS: Number(value) } });
  }

  return (
    <div class="range">
      {isFixed(range) && (
        <button
          type="button"
          class="button"
          data-size="s"
          onClick={() => go({ ...view, range: { lastS: 900 } })}
        >
          Back to now
        </button>
      )}
      <label class="range-select">
        <span class="visually-hidden">Time range</span>
        <select
          value={preset ? String(preset.lastS) : OTHER}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {PRESETS.map(({ lastS, label }) => (
            <option key={lastS} value={lastS}>
              Last {label}
            </option>
          ))}
          <option value={OTHER}>{preset ? "From … to …" : capital(rangeText(range))}</option>
        </select>
      </label>
      {asking && <FixedRange onClose={() => setAsking(false)} />}
    </div>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Local wall time as `<input type="datetime-local">` wants it. */
function localText(at: number): string {
  const date = new Date(at * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function FixedRange({ onClose }: { onClose: () => void }) {
  const { view, go } = useConsole();
  const now = ends(view.range, serverNow());
  const [from, setFrom] = useState(localText(now.from));
  const [to, setTo] = useState(localText(now.to));
  const range = { from: Date.parse(from) / 1000, to: Date.parse(to) / 1000 };
  const wrong = !(range.to - range.from >= 10);

  return (
    <Dialog title="From … to …" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          go({ ...view, range });
        }}
      >
        <div class="field">
          <label for="range-from">From</label>
          <input
            id="range-from"
            type="datetime-local"
            step="1"
            value={from}
            onInput={(event) => setFrom(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="range-to">To</label>
          <input
            id="range-to"
            type="datetime-local"
            step="1"
            value={to}
            aria-invalid={wrong}
            aria-describedby="range-rule"
            onInput={(event) => setTo(event.currentTarget.value)}
          />
          <span id="range-rule" class={wrong ? "wrong" : "rule"}>
            At least 10 seconds after the beginning. In your own time zone.
          </span>
        </div>
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button" data-kind="primary" disabled={wrong}>
            Show
          </button>
        </div>
      </form>
    </Dialog>
  );
}
