/** How a number has moved: an arrow, a share, and whether that is good, in words too. */

import type { Verdict } from "./answer";
import { changeText } from "./quantity";

export function Moved({ moved, verdict }: { moved: number | null; verdict: Verdict }) {
  if (moved === null) return null;
  const arrow = verdict === "same" && Math.abs(moved) < 0.005 ? "=" : moved > 0 ? "▲" : "▼";
  return (
    <span class="moved figure" data-verdict={verdict}>
      <span aria-hidden="true">{arrow}</span> {changeText(moved)}
      <span class="visually-hidden">
        {" "}
        against the same time before{verdict === "same" ? "" : `, ${verdict}`}
      </span>
    </span>
  );
}
