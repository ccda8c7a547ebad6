/** A split of the slice: numbers of the range, and those of a moment as they are now. */

import type { Polled } from "../../../api/poll";
import { type Part, parts, withNumbers } from "../drill/answer";
import { useConsole } from "../drill/console-context";
import { useNumbers } from "../drill/numbers";
import { isFixed } from "../drill/range";
import type { Dimension } from "../drill/view";
import { MOMENTARY, SPLIT } from "./boards";

export function useSplit(by: Dimension): Pick<Polled<Part[]>, "data" | "problem"> {
  const { view } = useConsole();
  const whole = useNumbers({ indicators: SPLIT, by: [by] });
  const now = useNumbers({ indicators: SPLIT.filter((name) => MOMENTARY.has(name)), by: [by], now: true });
  const list = whole.data && parts(whole.data, by);
  const data = list && (isFixed(view.range) ? list : withNumbers(list, parts(now.data, by), MOMENTARY));
  return { data, problem: whole.problem };
}
