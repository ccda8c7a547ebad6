/** How a part stands against the whole: what makes one region or channel stand out. Pure. */

import type { Indicator } from "../../../api/telemetry-types";
import type { Part } from "../drill/answer";

export type Standing = "fine" | "worse" | "bad" | "unknown";

/** So many times worse than the whole is worth a look, and so many an alarm. */
const WORSE = 1.5;
const BAD = 3;
/** Below these a number is good whatever the whole is: a third of nothing is still nothing. */
const GOOD_ENOUGH: Record<string, number> = { ratio: 0.005, s: 0.5 };

/** Of a number where lower is better; higher-is-better numbers are not judged so. */
export function standing(part: number | null | undefined, whole: number | null, unit: string): Standing {
  if (part === null || part === undefined) return "unknown";
  if (part <= (GOOD_ENOUGH[unit] ?? 0)) return "fine";
  if (whole === null) return "unknown";
  if (whole <= 0) return "bad";
  if (part >= whole * BAD) return "bad";
  return part >= whole * WORSE ? "worse" : "fine";
}

const WEIGHT: Record<Standing, number> = { bad: 3, worse: 2, fine: 1, unknown: 0 };

export interface Judgement {
  standing: Standing;
  /** The indicator it stands out by. */
  by: string | undefined;
}

/** The worst of a part's standings over the judged indicators. */
export function judge(
  part: Part,
  whole: (indicator: string) => number | null,
  judged: readonly Indicator[],
): Judgement {
  let worst: Judgement = { standing: "unknown", by: undefined };
  for (const { name, unit, direction } of judged) {
    if (direction !== "down") continue;
    const found = standing(part.numbers[name], whole(name), unit);
    if (WEIGHT[found] > WEIGHT[worst.standing]) worst = { standing: found, by: name };
  }
  return worst;
}
