import { describe, expect, it } from "vitest";
import { apiCall, commandLine, literal, queryText, shellWord } from "./query-text";

const HOSTILE = "it's \\ $(reboot) `x`\n; DROP TABLE playback";

describe("a query to copy", () => {
  it("quotes texts so that they stay texts", () => {
    expect(literal("it's")).toBe("'it\\'s'");
    expect(literal("\\")).toBe("'\\\\'");
    expect(literal(["a", "b'"])).toBe("['a', 'b\\'']");
  });
  it("sets its parameters first", () => {
    const text = queryText({
      indicators: [],
      sql: " SELECT {a:String} ",
      params: { a: "x'y", n: 3 },
      table: "playback",
    });
    expect(text).toBe("SET param_a = 'x\\'y';\nSET param_n = '3';\nSELECT {a:String}");
  });
  it("is one word of a shell, whatever is in it", () => {
    expect(shellWord("region=eu-west")).toBe("region=eu-west");
    expect(shellWord(HOSTILE)).toBe(`'${HOSTILE.replaceAll("'", `'\\''`)}'`);
  });
  it("asks for the same slice from the command line and by the API", () => {
    const range = { from: 100, to: 200 };
    expect(commandLine("plays", range, { channel: ["demo"] })).toBe(
      "tidegate indicator query plays --from 100 --to 200 --where channel=demo",
    );
    const call = apiCall("http://localhost:8080", "plays", range, { channel: ["demo"] });
    expect(call).toContain('{"indicators":["plays"],"from":100,"to":200,"where":{"channel":["demo"]}}');
    expect(call).toContain("$TIDEGATE_TOKEN");
  });
});
