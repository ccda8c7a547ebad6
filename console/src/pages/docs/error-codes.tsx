/** What each problem code means. Problem details link here: `/docs/errors#code`. */

import { PROBLEM_CODES } from "./problem-codes";
import { Inline } from "./prose";

export function ErrorCodes() {
  return (
    <section class="docs-group" aria-labelledby="errors">
      <h2 id="errors">Errors</h2>
      <p class="muted">
        A refusal is <code>application/problem+json</code> (RFC 9457): <code>code</code> is what a program
        branches on and never changes, <code>detail</code> says what was wrong this time, <code>hint</code>{" "}
        what to do next.
      </p>
      <div class="card">
        <dl class="properties">
          {PROBLEM_CODES.map(({ code, status, meaning, next }) => (
            <div key={code} id={code} class="error-code">
              <dt>
                <code>{code}</code>
                <span class="figure muted small">{status}</span>
              </dt>
              <dd>
                {meaning}{" "}
                <span class="next">
                  <Inline text={next} />
                </span>
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}
