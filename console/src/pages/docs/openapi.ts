/** Reading an OpenAPI 3.1 description: just what the reference shows. Pure. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  oneOf?: Schema[];
  anyOf?: Schema[];
  examples?: unknown[];
  default?: unknown;
  pattern?: string;
  maxLength?: number;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

interface Content {
  content?: Record<string, { schema?: Schema }>;
}

export interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: Content & { required?: boolean };
  responses?: Record<string, Content & { description?: string }>;
  security?: Record<string, string[]>[];
}

export interface OpenApi {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  security?: Record<string, string[]>[];
  components?: { schemas?: Record<string, Schema> };
}

export interface Endpoint {
  id: string;
  method: string;
  path: string;
  operation: Operation;
}

export interface Group {
  name: string;
  description: string;
  endpoints: Endpoint[];
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Operations by tag, in the order of the description's tag list; untagged ones last. */
export function groupsOf(api: OpenApi): Group[] {
  const groups = new Map<string, Group>(
    (api.tags ?? []).map(({ name, description = "" }) => [name, { name, description, endpoints: [] }]),
  );
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const method of METHODS) {
      const operation = operations[method];
      if (!operation) continue;
      const tag = operation.tags?.[0] ?? "Other";
      const group = groups.get(tag) ?? { name: tag, description: "", endpoints: [] };
      groups.set(tag, group);
      const id = operation.operationId ?? `${method}-${path}`;
      group.endpoints.push({ id, method: method.toUpperCase(), path, operation });
    }
  }
  return [...groups.values()].filter(({ endpoints }) => endpoints.length > 0);
}

/** The last part of a reference such as `#/components/schemas/Note`. */
export function refName(ref: string): string {
  return ref.split("/").at(-1) ?? ref;
}

export function resolve(api: OpenApi, schema: Schema): Schema {
  return schema.$ref ? (api.components?.schemas?.[refName(schema.$ref)] ?? {}) : schema;
}

/** A schema in a few words: `string`, `list of Note`, `"ok" | "failing"`, `Publisher or null`. */
export function typeName(schema: Schema): string {
  if (schema.$ref) return refName(schema.$ref);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(typeName).join(" or ");
  if (schema.items) return `list of ${typeName(schema.items)}`;
  return [schema.type ?? "anything"].flat().join(" or ");
}

/** An example value: the schema's own where it gives one, else one of its type. `depth` ends circles. */
export function exampleOf(api: OpenApi, given: Schema, depth = 6): unknown {
  const schema = resolve(api, given);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum?.length) return schema.enum[0];
  if (depth === 0) return null;
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices?.[0]) return exampleOf(api, choices[0], depth - 1);
  switch ([schema.type].flat()[0]) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, value]) => [
          name,
          exampleOf(api, value, depth - 1),
        ]),
      );
    case "array":
      return schema.items ? [exampleOf(api, schema.items, depth - 1)] : [];
    case "integer":
    case "number":
      return schema.default ?? 0;
    case "boolean":
      return schema.default ?? false;
    case "string":
      return schema.default ?? "";
    default:
      return null;
  }
}

export function bodySchema(operation: Operation): Schema | undefined {
  return operation.requestBody?.content?.["application/json"]?.schema;
}

/** Whether anyone may call it; otherwise a token or a session is needed. */
export function isPublic(api: OpenApi, operation: Operation): boolean {
  const security = operation.security ?? api.security ?? [];
  return security.length === 0 || security.some((scheme) => Object.keys(scheme).length === 0);
}

/** A line for the shell that makes the call; `$TIDEGATE_TOKEN` stands for the admin token. */
export function curlOf(api: OpenApi, origin: string, { method, path, operation }: Endpoint): string {
  const address = path.replace(/\{(\w+)\}/g, (_whole, name: string) => pathExample(name));
  const parts = [`curl ${method === "GET" ? "" : `-X ${method} `}"${origin}${address}"`];
  if (!isPublic(api, operation)) parts.push('-H "Authorization: Bearer $TIDEGATE_TOKEN"');
  const schema = bodySchema(operation);
  if (schema) {
    parts.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(exampleOf(api, schema))}'`);
  }
  if (operation.responses?.["200"]?.content?.["text/event-stream"]) parts.push("-N");
  return parts.join(" \\\n  ");
}

function pathExample(name: string): string {
  return name === "name" || name === "channel" ? "morning-show" : name.toUpperCase();
}
