/**
 * Write src/api/schema.d.ts from the API's own OpenAPI description, or with --check say whether it is current.
 *
 * The description comes from `python -m tidegate.api` in the checkout's virtual environment: no server is needed.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

const TARGET = join(import.meta.dirname, "../src/api/schema.d.ts");
const PYTHON = join(import.meta.dirname, "../../.venv/bin/python");
const HEADER = "// Made from the API's OpenAPI description by `npm run schema`. Do not edit.\n\n";

if (!existsSync(PYTHON)) {
  console.error("There is no .venv here, so the API cannot be asked for its schema. Run `make setup` first.");
  process.exit(1);
}
const description = JSON.parse(execFileSync(PYTHON, ["-m", "tidegate.api"], { encoding: "utf8" }));
const wanted = HEADER + astToString(await openapiTS(description));

if (!process.argv.includes("--check")) {
  writeFileSync(TARGET, wanted);
} else if (readFileSync(TARGET, "utf8") !== wanted) {
  console.error(
    "src/api/schema.d.ts is not what the API says now. Run `npm run schema` and commit the result.",
  );
  process.exit(1);
}
