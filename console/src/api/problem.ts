/** What went wrong with a call, as RFC 9457 problem details say it; and the two failures that have no answer. */

import type { ProblemBody } from "./types";

export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string;

  constructor(code: string, status: number, message: string, hint: string) {
    super(message);
    this.name = "Problem";
    this.code = code;
    this.status = status;
    this.hint = hint;
  }

  /** The page that explains this code. */
  get docs(): string {
    return `/docs/errors#${this.code}`;
  }
}

export function unreachable(): Problem {
  return new Problem(
    "unreachable",
    0,
    "The server does not answer.",
    "Check that `tidegate up` is running; this page keeps trying.",
  );
}

/** The problem in a refused answer, whatever its body turned out to be. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = await readBody(response);
  return new Problem(
    body.code ?? `http-${response.status}`,
    response.status,
    body.detail ?? body.title ?? `The server answered ${response.status}.`,
    body.hint ?? "",
  );
}

async function readBody(response: Response): Promise<Partial<ProblemBody>> {
  if (!(response.headers.get("content-type") ?? "").includes("json")) return {};
  try {
    return (await response.json()) as Partial<ProblemBody>;
  } catch {
    return {}; // cut off on the way: the status says enough
  }
}
