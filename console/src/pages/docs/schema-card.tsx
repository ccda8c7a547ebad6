/** The shape of a value: its fields with type and meaning, linked to the shapes they are made of. */

import { refName, type Schema, typeName } from "./openapi";
import { Inline } from "./prose";

/** A type in words, linked where it is a named schema. */
export function TypeLink({ schema }: { schema: Schema }) {
  const target = schema.$ref ?? schema.items?.$ref ?? schema.oneOf?.find(({ $ref }) => $ref)?.$ref;
  const words = <code class="type">{typeName(schema)}</code>;
  return target ? <a href={`#schema-${refName(target)}`}>{words}</a> : words;
}

/** A field's rules as sentences. */
function rules({ pattern, maxLength, default: preset }: Schema): string[] {
  const sentences = [];
  if (pattern) sentences.push(`Matches \`${pattern}\`.`);
  if (maxLength !== undefined) sentences.push(`At most ${maxLength} characters.`);
  if (preset !== undefined) sentences.push(`\`${JSON.stringify(preset)}\` if left out.`);
  return sentences;
}

export function Properties({ schema }: { schema: Schema }) {
  const required = new Set(schema.required ?? []);
  return (
    <dl class="properties">
      {Object.entries(schema.properties ?? {}).map(([name, value]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
            <TypeLink schema={value} />
            {!required.has(name) && <span class="muted small">optional</span>}
          </dt>
          <dd>
            <Inline text={[value.description, ...rules(value)].filter(Boolean).join(" ")} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function SchemaCard({ name, schema }: { name: string; schema: Schema }) {
  const id = `schema-${name}`;
  return (
    <article class="card operation" aria-labelledby={id}>
      <header>
        <h3 id={id}>
          <a href={`#${id}`}>{name}</a>
        </h3>
        {schema.description && (
          <p>
            <Inline text={schema.description} />
          </p>
        )}
      </header>
      {schema.properties ? <Properties schema={schema} /> : <TypeLink schema={schema} />}
    </article>
  );
}
