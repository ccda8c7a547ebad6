/** Machines of the slice: what they use, what is left, and each one's numbers. */

import type { Polled } from "../../../api/poll";
import type { IndicatorAnswer } from "../../../api/telemetry-types";
import { Skeleton } from "../../../ui/kit";
import { parts } from "../drill/answer";
import { useConsole, useShowing } from "../drill/console-context";
import { available, useNumbers } from "../drill/numbers";
import { quantity, shortTitle } from "../drill/quantity";
import { Tiles } from "../drill/tiles";
import { chosen, href, narrow } from "../drill/view";
import { CAUSES } from "./boards";
import { sorted } from "./breakdown";

export function UseBoard() {
  const { view } = useConsole();
  const channel = chosen(view, "channel");
  return (
    <section class="stack" aria-labelledby="use-title">
      <div class="board-head">
        <h2 id="use-title">Why it may be so</h2>
        <p class="muted small">
          Machines: what they use, and what is left.
          {channel && " A machine serves all channels, so these are not narrowed to one."}
        </p>
      </div>
      <Machines />
    </section>
  );
}

/** Regions of viewers need not be regions of machines: then numbers of machines are not missing, there are none. */
function Machines() {
  const { view } = useConsole();
  const polled = useNumbers({ indicators: CAUSES, by: ["node"] });
  const region = chosen(view, "region");
  if (region && polled.data && parts(polled.data, "node").length === 0)
    return (
      <p class="muted">No machine of region {region} has reported in this time: others serve its viewers.</p>
    );
  return (
    <>
      <Tiles indicators={CAUSES} />
      <NodeTable polled={polled} />
    </>
  );
}

function NodeTable({ polled: { data, problem } }: { polled: Polled<IndicatorAnswer> }) {
  const { path, view, indicators } = useConsole();
  const showing = useShowing();
  if (!indicators || chosen(view, "node")) return null;
  if (!data) return problem ? null : <Skeleton height="6rem" />; // the tiles above say why
  const columns = available(CAUSES, indicators, ["node"]).flatMap((name) => indicators.get(name) ?? []);
  const list = sorted(parts(data, "node"), columns[0]?.name ?? "");
  if (list.length < 2) return null; // one machine's numbers are those above
  return (
    <section class="card" aria-label="By node">
      <div class="table-scroll">
        <table class="table parts">
          <thead>
            <tr>
              <th>Node</th>
              {columns.map(({ name, title }) => (
                <th key={name} class="number">
                  {shortTitle(title)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.map(({ value, numbers }) => (
              <tr key={value}>
                <td class="part-name">
                  <a href={href(path, narrow(view, "node", value))}>{value}</a>
                </td>
                {columns.map(({ name, title, unit }) => (
                  <td key={name} class="number" data-name={shortTitle(title)}>
                    <a class="plain-number" href={showing(name, [{ dimension: "node", value }])}>
                      {quantity(numbers[name], unit)}
                    </a>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
