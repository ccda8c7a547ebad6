/** The slice in parts: by channel, then by stream, device, player, network: one table, worst first, each row a step down. */

import { useState } from "preact/hooks";
import type { Indicator } from "../../../api/telemetry-types";
import { Icon } from "../../../ui/icons";
import { Skeleton } from "../../../ui/kit";
import { oneNumber, type Part } from "../drill/answer";
import { useConsole, useShowing } from "../drill/console-context";
import { NoNumbers } from "../drill/no-numbers";
import { available, useNumbers } from "../drill/numbers";
import { quantity, shortTitle } from "../drill/quantity";
import { chosen, type Dimension, href, isDimension, narrow, type View } from "../drill/view";
import { JUDGED, SPLIT } from "./boards";
import { standing } from "./compare";
import { useSplit } from "./split";

const BY: readonly Dimension[] = [
  "channel",
  "region",
  "stream",
  "device",
  "player",
  "network",
  "rendition",
  "arm",
];
const SHOWN = 12;

/** Dimensions that are still open, in the order from general to specific. */
export function openDimensions(view: View, allowed: readonly string[]): Dimension[] {
  return BY.filter((each) => {
    if (chosen(view, each) !== undefined || !allowed.includes(each)) return false;
    return each !== "stream" || chosen(view, "channel") !== undefined; // a stream is one of a channel's
  });
}

/** By one indicator, the largest first, what has no data last. */
export function sorted(list: readonly Part[], indicator: string): Part[] {
  const value = ({ numbers }: Part) => numbers[indicator] ?? Number.NEGATIVE_INFINITY;
  return [...list].sort((a, b) => value(b) - value(a) || a.value.localeCompare(b.value));
}

export function Breakdown() {
  const { view, indicators, go } = useConsole();
  const allowed = available(SPLIT, indicators)
    .map((name) => indicators?.get(name)?.dimensions ?? [])
    .reduce<readonly string[]>((both, each) => both.filter((one) => each.includes(one)), BY);
  const open = openDimensions(view, allowed);
  const wanted = view.rest.by ?? "";
  const by = isDimension(wanted) && open.includes(wanted) ? wanted : open[0];
  if (!indicators || !by) return null;
  return (
    <section class="card" aria-labelledby="split-by-title">
      <div class="card-head">
        <h2 id="split-by-title">By {by}</h2>
        <fieldset class="segments">
          <legend class="visually-hidden">Split by</legend>
          {open.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === by}
              onClick={() => go({ ...view, rest: { ...view.rest, by: each } }, true)}
            >
              {each}
            </button>
          ))}
        </fieldset>
      </div>
      <PartsTable key={by} by={by} />
    </section>
  );
}

function PartsTable({ by }: { by: Dimension }) {
  const { indicators } = useConsole();
  const [key, setKey] = useState<string>(SPLIT[0]);
  const [all, setAll] = useState(false);
  const split = useSplit(by);
  const whole = useNumbers({ indicators: JUDGED });
  if (!split.data) return split.problem ? <NoNumbers problem={split.problem} /> : <Skeleton height="10rem" />;
  const list = sorted(split.data, key);
  const columns = available(SPLIT, indicators, [by]).flatMap((name) => indicators?.get(name) ?? []);
  if (list.length === 0)
    return (
      <p class="muted">
        {by === "arm"
          ? "No viewer was here under a change that is being released: there are no arms to compare."
          : "No viewer was here in this time: there is no data to split."}
      </p>
    );
  return (
    <>
      <div class="table-scroll">
        <table class="table parts">
          <thead>
            <tr>
              <th>{by.charAt(0).toUpperCase() + by.slice(1)}</th>
              {columns.map(({ name, title }) => (
                <th key={name} class="number" aria-sort={key === name ? "descending" : undefined}>
                  <button
                    type="button"
                    class="sort"
                    data-sorted={key === name ? "descending" : undefined}
                    onClick={() => setKey(name)}
                  >
                    {shortTitle(title)}
                    <Icon name="sort" size={14} />
                  </button>
                </th>
              ))}
              <th>
                <span class="visually-hidden">More</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.slice(0, all ? undefined : SHOWN).map((part) => (
              <PartRow
                key={part.value}
                part={part}
                by={by}
                columns={columns}
                whole={(name) => oneNumber(whole.data, name)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {list.length > SHOWN && (
        <button type="button" class="button" data-size="s" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${list.length}`}
        </button>
      )}
    </>
  );
}

interface RowProps {
  part: Part;
  by: Dimension;
  columns: readonly Indicator[];
  whole: (indicator: string) => number | null;
}

function PartRow({ part, by, columns, whole }: RowProps) {
  const { path, view } = useConsole();
  const showing = useShowing();
  const step = { dimension: by, value: part.value };
  const further = narrow(view, by, part.value);
  return (
    <tr>
      <td class="part-name">
        <a href={href(path, { ...further, rest: {} })}>{part.value}</a>
      </td>
      {columns.map(({ name, title, unit, direction }) => (
        <td key={name} class="number" data-name={shortTitle(title)}>
          <a
            class="plain-number"
            href={showing(name, [step])}
            data-standing={
              direction === "down" && (JUDGED as readonly string[]).includes(name)
                ? standing(part.numbers[name], whole(name), unit)
                : undefined
            }
          >
            {quantity(part.numbers[name], unit)}
          </a>
        </td>
      ))}
      <td class="number">
        <a
          href={href(
            by === "channel" ? `/console/streams/${encodeURIComponent(part.value)}` : "/console/sessions",
            { ...further, rest: {} },
          )}
        >
          {by === "channel" ? "Health" : "Sessions"}
          <span class="visually-hidden"> of {part.value}</span>
        </a>
      </td>
    </tr>
  );
}
