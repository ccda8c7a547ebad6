/** Where numbers would stand: why they do not. Said aloud once on a page, and in a line elsewhere. */

import type { Problem } from "../../../api/problem";
import { ProblemNotice } from "../../../ui/kit";

export function NoNumbers({ problem, aloud = false }: { problem: Problem; aloud?: boolean }) {
  if (aloud) return <ProblemNotice problem={problem} />;
  return <p class="muted small">No numbers: {problem.message}</p>;
}
