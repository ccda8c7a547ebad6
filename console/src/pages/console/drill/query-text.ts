/** A query as text to copy: for a SQL client, for the command line, for the API. Pure. */

import type { IndicatorAnswer } from "../../../api/telemetry-types";

type Query = IndicatorAnswer["queries"][number];

/** A value as ClickHouse's SQL reads it: texts quoted, with quotes and backslashes escaped. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "string") return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  return String(value);
}

/** Runs as it stands: the parameters first, as `SET param_…`, as clickhouse-client takes them. */
export function queryText({ sql, params }: Query): string {
  const set = Object.entries(params).map(([name, value]) => {
    const text = Array.isArray(value) ? literal(value) : String(value);
    return `SET param_${name} = ${literal(text)};`;
  });
  return [...set, sql.trim()].join("\n");
}

/** A word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

type Where = Record<string, readonly string[]>;

export function commandLine(
  indicator: string,
  { from, to }: { from: number; to: number },
  where: Where,
): string {
  const slice = Object.entries(where).flatMap(([dimension, values]) =>
    values.map((value) => `--where ${shellWord(`${dimension}=${value}`)}`),
  );
  return [
    "tidegate indicator query",
    indicator,
    `--from ${Math.floor(from)}`,
    `--to ${Math.ceil(to)}`,
    ...slice,
  ].join(" ");
}

export function apiCall(
  origin: string,
  indicator: string,
  { from, to }: { from: number; to: number },
  where: Where,
): string {
  const body = JSON.stringify({ indicators: [indicator], from, to, where });
  return [
    `curl -X POST ${origin}/api/v1/indicators/query \\`,
    `  -H "Authorization: Bearer $TIDEGATE_TOKEN" -H "Content-Type: application/json" \\`,
    `  -d ${shellWord(body)}`,
  ].join("\n");
}
