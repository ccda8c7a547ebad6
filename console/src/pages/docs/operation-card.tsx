/** One call: what it does, what it takes, what it answers, and a line to try it. */

import { Copyable } from "../../ui/kit";
import {
  bodySchema,
  curlOf,
  type Endpoint,
  exampleOf,
  isPublic,
  type OpenApi,
  resolve,
  type Schema,
} from "./openapi";
import { Prose } from "./prose";
import { Properties, TypeLink } from "./schema-card";

interface CardProps {
  api: OpenApi;
  endpoint: Endpoint;
}

export function OperationCard({ api, endpoint }: CardProps) {
  const { id, method, path, operation } = endpoint;
  const body = bodySchema(operation);
  return (
    <article class="card operation" aria-labelledby={id}>
      <header>
        <h3 id={id}>
          <a href={`#${id}`}>{operation.summary ?? id}</a>
        </h3>
        <p class="operation-address">
          <span class="method" data-method={method}>
            {method}
          </span>
          <code>{path}</code>
          <span class="muted small">{isPublic(api, operation) ? "Open to all" : "Signed in"}</span>
        </p>
        <Prose text={operation.description ?? ""} />
      </header>
      {operation.parameters && operation.parameters.length > 0 && (
        <section>
          <h4>Parameters</h4>
          <dl class="properties">
            {operation.parameters.map(({ name, in: where, description, schema }) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                  <span class="muted small">{where}</span>
                  {schema && <TypeLink schema={schema} />}
                </dt>
                <dd>{description}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {body && (
        <section>
          <h4>Body</h4>
          <Properties schema={resolve(api, body)} />
        </section>
      )}
      <Answers api={api} endpoint={endpoint} />
      <section>
        <h4>Try it</h4>
        <Copyable block value={curlOf(api, location.origin, endpoint)} what="curl line" />
      </section>
    </article>
  );
}

function Answers({ api, endpoint: { operation } }: CardProps) {
  const answers = Object.entries(operation.responses ?? {});
  const good = answers.filter(([status]) => status < "400");
  const refusals = answers.filter(([status]) => status >= "400");
  return (
    <section>
      <h4>Answers</h4>
      {good.map(([status, { content }]) => (
        <GoodAnswer key={status} api={api} status={status} content={content ?? {}} />
      ))}
      {refusals.length > 0 && (
        <p class="small muted">
          Refusals are <a href="#schema-Problem">problems</a> with status{" "}
          {refusals.map(([status]) => status).join(", ")}; their codes are under <a href="#errors">Errors</a>.
        </p>
      )}
    </section>
  );
}

interface GoodAnswerProps {
  api: OpenApi;
  status: string;
  content: Record<string, { schema?: Schema }>;
}

function GoodAnswer({ api, status, content }: GoodAnswerProps) {
  const [type, media] = Object.entries(content)[0] ?? [];
  return (
    <div class="answer">
      <p>
        <strong class="figure">{status}</strong>{" "}
        {media?.schema ? <TypeLink schema={media.schema} /> : <span class="muted">without content</span>}{" "}
        {type && <span class="muted small">{type}</span>}
      </p>
      {media?.schema && type === "application/json" && (
        <details>
          <summary>Example</summary>
          <pre class="example">{JSON.stringify(exampleOf(api, media.schema), null, 2)}</pre>
        </details>
      )}
    </div>
  );
}
