/** The helper for tests of merchants: an install of its own, with `BURSAR_COMMAND` as the program. */
import { existsSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { useInstall } from "../src/vitest.js";

let file = "";
afterAll(() => {
  expect(existsSync(file), "hooks run backwards, so that the install has ended by now").toBe(false);
});
const install = useInstall();

test("an install answers for both APIs and the sandbox", async () => {
  ({ file } = install());
  expect(existsSync(file)).toBe(true);
  expect((await install().card.merchant.get()).status).toBe("active");
  expect((await install().payout.balances.list()).map((row) => row.currency).sort()).toEqual(["AED", "KWD", "SAR"]);
  expect((await install().sandbox.checkLedger()).balanced).toBe(true);
});
