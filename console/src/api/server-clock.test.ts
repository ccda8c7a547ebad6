import { expect, it } from "vitest";
import { noteServerDate, serverNow } from "./server-clock";

it("asks by the server's clock where this one is wrong, and trusts this one where it is about right", () => {
  const now = Date.now();
  noteServerDate(new Date(now + 3_600_000).toUTCString(), now);
  expect(serverNow() - now / 1000).toBeGreaterThan(3_590);
  noteServerDate("nonsense", now);
  noteServerDate(null, now);
  expect(serverNow() - now / 1000).toBeGreaterThan(3_590);
  noteServerDate(new Date(now - 900).toUTCString(), now);
  expect(Math.abs(serverNow() - Date.now() / 1000)).toBeLessThan(1);
});
