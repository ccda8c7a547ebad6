import { describe, expect, it } from "vitest";
import { curlOf, type Endpoint, exampleOf, groupsOf, isPublic, type OpenApi, typeName } from "./openapi";

const api: OpenApi = {
  info: { title: "T", version: "1" },
  tags: [{ name: "Channels", description: "Channels." }, { name: "Empty" }],
  security: [{ token: [] }],
  paths: {
    "/api/v1/channels/{name}": {
      get: { operationId: "getChannel", tags: ["Channels"] },
      patch: {
        operationId: "updateChannel",
        tags: ["Channels"],
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Update" } } } },
      },
    },
    "/api/v1/version": { get: { operationId: "getVersion", security: [{}] } },
  },
  components: {
    schemas: {
      Update: {
        type: "object",
        properties: {
          title: { type: "string", examples: ["The morning show"] },
          tags: { type: "array", items: { type: "string" } },
          self: { oneOf: [{ $ref: "#/components/schemas/Update" }, { type: "null" }] },
        },
      },
    },
  },
};

const endpoint = (id: string) =>
  groupsOf(api)
    .flatMap(({ endpoints }) => endpoints)
    .find((found) => found.id === id) as Endpoint;

describe("groupsOf", () => {
  it("groups by tag and leaves empty groups out", () => {
    expect(groupsOf(api).map(({ name, endpoints }) => [name, endpoints.map(({ id }) => id)])).toEqual([
      ["Channels", ["getChannel", "updateChannel"]],
      ["Other", ["getVersion"]],
    ]);
  });
});

describe("curlOf", () => {
  it("names the token where one is needed, and only there", () => {
    expect(isPublic(api, endpoint("getVersion").operation)).toBe(true);
    expect(curlOf(api, "http://h", endpoint("getVersion"))).toBe('curl "http://h/api/v1/version"');
    expect(curlOf(api, "http://h", endpoint("getChannel"))).toBe(
      'curl "http://h/api/v1/channels/morning-show" \\\n  -H "Authorization: Bearer $TIDEGATE_TOKEN"',
    );
  });
  it("carries an example body", () => {
    expect(curlOf(api, "http://h", endpoint("updateChannel"))).toContain(`-d '{"title":"The morning show"`);
  });
});

describe("exampleOf", () => {
  it("ends in circles", () => {
    expect(JSON.stringify(exampleOf(api, { $ref: "#/components/schemas/Update" }))).toContain('"self":null');
  });
});

describe("typeName", () => {
  it("says types in words", () => {
    expect(typeName({ type: "array", items: { $ref: "#/components/schemas/Update" } })).toBe(
      "list of Update",
    );
    expect(typeName({ enum: ["a", "b"] })).toBe('"a" | "b"');
    expect(typeName({ oneOf: [{ $ref: "#/x/Update" }, { type: "null" }] })).toBe("Update or null");
    expect(typeName({})).toBe("anything");
  });
});
