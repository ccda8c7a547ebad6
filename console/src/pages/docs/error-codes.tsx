/** What each problem code means. Problem details link here: `/docs/errors#code`. */

import type { ProblemCode } from "./openapi";

export function ErrorCodes({ codes }: { codes: readonly ProblemCode[] }) {
  return (
    <section class="docs-group" aria-labelledby="errors">
      <h2 id="errors">Errors</h2>
      <p class="muted">
        A refusal is <code>application/problem+json</code> (RFC 9457): <code>code</code> is what a program
        branches on and never changes, <code>detail</code> says what was wrong this time, <code>hint</code>{" "}
        what to do next.
      </p>
      {codes.length > 0 && (
        <div class="card">
          <dl class="properties">
            {codes.map(({ code, status, title, hint, retryable }) => (
              <div key={code} id={code} class="error-code">
                <dt>
                  <code>{code}</code>
                  <span class="figure muted small">{status}</span>
                </dt>
                <dd>
                  {title}
                  {hint && ` ${hint}`}
                  {retryable && <span class="muted"> The same request may succeed later.</span>}
                </dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </section>
  );
}
