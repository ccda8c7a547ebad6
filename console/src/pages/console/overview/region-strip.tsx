/** Every region side by side, what stands out first: the first step from "somewhere" to "there". */

import type { Indicator } from "../../../api/telemetry-types";
import type { NodeStatus } from "../../../api/types";
import { plural } from "../../../ui/format";
import { Pill, type Tone } from "../../../ui/kit";
import { oneNumber, type Part } from "../drill/answer";
import { useConsole } from "../drill/console-context";
import { useNumbers } from "../drill/numbers";
import { quantity, shortTitle } from "../drill/quantity";
import { chosen, href, narrow } from "../drill/view";
import { JUDGED } from "./boards";
import { type Judgement, judge, type Standing } from "./compare";
import { useSplit } from "./split";
import "./overview.css";

const TONE: Record<Standing, Tone> = { bad: "bad", worse: "warn", fine: "ok", unknown: "quiet" };
const ORDER: Standing[] = ["bad", "worse", "fine", "unknown"];
const FACES = ["rebuffer_ratio", "startup_time_p95", "live_latency_p95"];

interface Region {
  part: Part;
  judgement: Judgement;
  nodes: number;
}

/** Regions that viewers are in, and those that only have machines. */
export function regionsOf(
  found: readonly Part[],
  nodes: readonly NodeStatus[],
  whole: (indicator: string) => number | null,
  judged: readonly Indicator[],
): Region[] {
  const names = new Set([...found.map(({ value }) => value), ...nodes.map(({ region }) => region)]);
  return [...names]
    .map((value) => {
      const part = found.find((each) => each.value === value) ?? { value, numbers: {} };
      return {
        part,
        judgement: judge(part, whole, judged),
        nodes: nodes.filter(({ region }) => region === value).length,
      };
    })
    .sort(
      (a, b) =>
        ORDER.indexOf(a.judgement.standing) - ORDER.indexOf(b.judgement.standing) ||
        a.part.value.localeCompare(b.part.value),
    );
}

export function RegionStrip({ nodes }: { nodes: readonly NodeStatus[] }) {
  const { view, indicators } = useConsole();
  const split = useSplit("region");
  const all = useNumbers({ indicators: JUDGED });
  if (chosen(view, "region")) return null;
  const judged = JUDGED.flatMap((name) => indicators?.get(name) ?? []);
  const regions = regionsOf(split.data ?? [], nodes, (name) => oneNumber(all.data, name), judged);
  if (regions.length === 0) return null;
  return (
    <section aria-labelledby="regions-title">
      <h2 id="regions-title" class="visually-hidden">
        Regions
      </h2>
      <ul class="regions">
        {regions.map((region) => (
          <li key={region.part.value}>
            <RegionCard {...region} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RegionCard({ part, judgement, nodes }: Region) {
  const { path, view, indicators } = useConsole();
  const title = (name: string) => shortTitle(indicators?.get(name)?.title ?? name);
  const faces = FACES.flatMap((name) => indicators?.get(name) ?? []);
  const viewers = indicators?.get("concurrent_plays");
  return (
    <a
      class="region"
      data-tone={TONE[judgement.standing]}
      href={href(path, narrow(view, "region", part.value))}
    >
      <span class="region-head">
        <strong>{part.value}</strong>
        {nodes > 0 && <span class="muted small">{plural(nodes, "node")}</span>}
      </span>
      {viewers && (
        <span class="region-viewers">
          <strong class="figure">{people(part.numbers[viewers.name], viewers.unit)}</strong>{" "}
          <span class="muted small">viewers</span>
        </span>
      )}
      <span class="region-faces">
        {faces.map(({ name, unit }) => (
          <span
            key={name}
            data-stands={judgement.by === name && judgement.standing !== "fine" ? true : undefined}
          >
            <span class="muted">{title(name)}</span>{" "}
            <span class="figure">{quantity(part.numbers[name], unit)}</span>
          </span>
        ))}
      </span>
      {(judgement.standing === "bad" || judgement.standing === "worse") && (
        <Pill tone={TONE[judgement.standing]}>{title(judgement.by ?? "")} stands out</Pill>
      )}
    </a>
  );
}

/** Viewers at once are a mean over the range; nobody is a fraction of a person. */
function people(mean: number | null | undefined, unit: string): string {
  return quantity(typeof mean === "number" ? Math.round(mean) : mean, unit);
}
