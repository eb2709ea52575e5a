/** A client that is killed at every step of a call: afterwards `resolve()` leaves one payment, or none was ever begun. */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FileJournal } from "../src/index.js";
import { FaultyServer } from "./faulty-server.js";
import { FILE, key } from "./vectors.js";


const STEPS = ["before-begin", "after-begin", "arrived", "paid", "answered", "before-end", "after-end"] as const;
const KINDS = ["recharge", "withdrawal", "payout"] as const;

test.concurrent.each(KINDS.flatMap((kind) => STEPS.map((at) => [kind, at] as const)))("%s killed at %s", async (kind, at) => {
  const mine = await new FaultyServer().start();
  const path = join(mkdtempSync(join(tmpdir(), "bursar-sdk-")), "journal");
  const config = {
    baseUrl: mine.baseUrl,
    apiKey: kind === "payout" ? FILE.payout.api_key : FILE.card.api_key,
    secretKey: FILE.card.secret_key,
    platformPublicKey: key("platform").der,
    systemPublicKey: key("system").der,
    merchantPrivateKey: key("merchant").pem,
  };
  const script = fileURLToPath(new URL("killed.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify({ kind, at, path, config })], { stdio: "inherit" });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  mine.watch = async (step) => {
    if (step !== at || child.killed) return;
    child.kill("SIGKILL");
    await exited;
  };
  await exited;
  mine.watch = () => undefined;
  const journal = new FileJournal(path);
  const client = kind === "payout" ? mine.payout({ journal }) : mine.card({ journal });
  const left = await client.unfinished();
  expect(left).toHaveLength(at === "before-begin" || at === "after-end" ? 0 : 1);
  for (const entry of left) expect(await client.resolve(entry)).toMatchObject({ done: true, value: { amount: "100.50" } });
  expect(mine.payments).toHaveLength(at === "before-begin" ? 0 : 1);
  expect(await client.unfinished()).toEqual([]);
  await mine.stop();
});
