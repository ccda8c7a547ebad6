/** The API reference, drawn from the server's own OpenAPI description, so that it is always the running version's. */

import { useEffect } from "preact/hooks";
import { API, call } from "../../api/client";
import { usePoll } from "../../api/poll";
import { ProblemNotice, Skeleton, useTitle } from "../../ui/kit";
import { ErrorCodes } from "./error-codes";
import { groupsOf, type OpenApi } from "./openapi";
import { OperationCard } from "./operation-card";
import { Prose } from "./prose";
import { SchemaCard } from "./schema-card";
import "./docs.css";

/** The description only changes with the server's version. */
const REFRESH_MS = 600_000;

export default function DocsPage() {
  useTitle("API reference · Tidegate");
  const poll = usePoll("openapi", (signal) => call<OpenApi>("GET", "/openapi.json", { signal }), {
    everyMs: REFRESH_MS,
    slowestMs: REFRESH_MS,
  });
  const { data: api, problem } = poll.state.value;

  useEffect(() => {
    // the address's anchor exists only now that the reference is drawn
    if (api && location.hash)
      document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, [api]);

  if (!api) {
    return problem ? (
      <div class="stack">
        <ProblemNotice problem={problem} />
        <div>
          <button type="button" class="button" onClick={poll.refresh}>
            Try again
          </button>
        </div>
      </div>
    ) : (
      <div class="docs" aria-busy="true">
        <Skeleton height="20rem" />
        <div class="stack">
          <Skeleton width="18rem" height="2rem" />
          <Skeleton height="14rem" />
          <Skeleton height="14rem" />
        </div>
      </div>
    );
  }
  return <Reference api={api} />;
}

function Reference({ api }: { api: OpenApi }) {
  const groups = groupsOf(api);
  const schemas = Object.entries(api.components?.schemas ?? {});
  return (
    <div class="docs">
      <nav class="docs-nav" aria-label="API reference">
        {groups.map(({ name, endpoints }) => (
          <div key={name}>
            <a class="docs-nav-head" href={`#${name}`}>
              {name}
            </a>
            <ul>
              {endpoints.map(({ id, operation }) => (
                <li key={id}>
                  <a href={`#${id}`}>{operation.summary ?? id}</a>
                </li>
              ))}
            </ul>
          </div>
        ))}
        <div>
          <a class="docs-nav-head" href="#errors">
            Errors
          </a>
          <a class="docs-nav-head" href="#schemas">
            Schemas
          </a>
        </div>
      </nav>
      <div class="docs-body">
        <header>
          <h1>{api.info.title}</h1>
          <p class="muted small">
            Version {api.info.version} · <a href={`${API}/openapi.json`}>openapi.json</a>
          </p>
          <Prose text={api.info.description ?? ""} />
        </header>
        {groups.map(({ name, description, endpoints }) => (
          <section key={name} class="docs-group" aria-labelledby={name}>
            <h2 id={name}>{name}</h2>
            <p class="muted">{description}</p>
            {endpoints.map((endpoint) => (
              <OperationCard key={endpoint.id} api={api} endpoint={endpoint} />
            ))}
          </section>
        ))}
        <ErrorCodes />
        <section class="docs-group" aria-labelledby="schemas">
          <h2 id="schemas">Schemas</h2>
          {schemas.map(([name, schema]) => (
            <SchemaCard key={name} name={name} schema={schema} />
          ))}
        </section>
      </div>
    </div>
  );
}
