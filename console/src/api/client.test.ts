import { afterEach, describe, expect, it, vi } from "vitest";
import { call, channels, whenUnauthorized } from "./client";
import { nextDelayMs } from "./poll";
import { Problem } from "./problem";
import { tokenInFragment } from "./session";

interface Sent {
  url: string;
  init: RequestInit;
}

function answering(make: () => Response): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return make();
  });
  return sent;
}

function json(status: number, body: unknown, type = "application/json"): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } });
}

afterEach(() => {
  vi.unstubAllGlobals();
  whenUnauthorized(() => {});
});

async function refusal(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
}

describe("call", () => {
  it("sends the header that a foreign page cannot, on every change and on no reading", async () => {
    const sent = answering(() => json(200, { items: [] }));
    await channels.list();
    await channels.create("a", "");
    expect(sent.map(({ init }) => new Headers(init.headers).get("X-Tidegate"))).toEqual([null, "1"]);
    expect(sent[1]?.init.body).toBe('{"name":"a"}');
  });

  it("escapes names in addresses", async () => {
    const sent = answering(() => json(200, {}));
    await channels.read("a/../b");
    expect(sent[0]?.url).toBe("/api/v1/channels/a%2F..%2Fb");
  });

  it("throws the server's problem with its code and hint", async () => {
    answering(() =>
      json(
        409,
        { code: "conflict", detail: "It exists.", hint: "Choose another." },
        "application/problem+json",
      ),
    );
    const problem = await refusal(channels.create("a", ""));
    expect(problem).toMatchObject({
      code: "conflict",
      status: 409,
      message: "It exists.",
      hint: "Choose another.",
    });
    expect(problem.docs).toBe("/docs/errors#conflict");
  });

  it("makes a problem of an answer that is none", async () => {
    answering(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    expect(await refusal(channels.list())).toMatchObject({ status: 502, code: "http-502" });
    answering(() => new Response("{cut", { status: 200 }));
    expect(await refusal(channels.list())).toMatchObject({ code: "bad-answer" });
  });

  it("tells an absent server from a refusal", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    expect(await refusal(channels.list())).toMatchObject({ status: 0, code: "unreachable" });
  });

  it("reports a lost session once it is told so", async () => {
    const lost = vi.fn();
    whenUnauthorized(lost);
    answering(() => json(401, { code: "unauthorized", detail: "Sign in." }, "application/problem+json"));
    await refusal(channels.list());
    expect(lost).toHaveBeenCalledOnce();
  });

  it("takes an answer without content", async () => {
    answering(() => new Response(null, { status: 204 }));
    expect(await call("DELETE", "/session")).toBeUndefined();
  });
});

describe("nextDelayMs", () => {
  it("doubles with each failure, up to the slowest", () => {
    expect([0, 1, 2, 10, 5000].map((failures) => nextDelayMs(2_000, 15_000, failures))).toEqual([
      2_000, 4_000, 8_000, 15_000, 15_000,
    ]);
  });
});

describe("tokenInFragment", () => {
  it("finds the token and nothing else", () => {
    expect(tokenInFragment("#token=abc")).toBe("abc");
    expect(tokenInFragment("#errors")).toBeUndefined();
    expect(tokenInFragment("#token=")).toBeUndefined();
    expect(tokenInFragment("")).toBeUndefined();
  });
});
