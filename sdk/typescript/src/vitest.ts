/** An install of their own for tests: started on a free port, ended with them. */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { BursarCard } from "./card.js";
import { BursarPayout } from "./payout.js";
import { Sandbox } from "./sandbox.js";

export interface InstallOptions {
  /** The program and its first arguments; `["bursar"]`, or the words of `BURSAR_COMMAND`. */
  readonly command?: readonly string[];
  /** Milliseconds until it answers; 120,000. The first start makes a database. */
  readonly timeoutMs?: number;
}

/** A running sandbox. */
export interface Install {
  /** The path of its `sandbox.json`. */
  readonly file: string;
  readonly card: BursarCard;
  readonly payout: BursarPayout;
  readonly sandbox: Sandbox;
  /** End it and remove its home. */
  stop(): Promise<void>;
}

/** Starts `bursar up` in a folder of its own, and resolves when it answers. */
export async function startInstall(options: InstallOptions = {}): Promise<Install> {
  const [program = "bursar", ...first] = options.command ?? (process.env["BURSAR_COMMAND"] ?? "bursar").split(" ");
  const home = mkdtempSync(join(tmpdir(), "bursar-"));
  const port = await freePort();
  const environment = { ...inherited(), BURSAR_HOME: home, BURSAR_PORT: String(port) };
  const child = spawn(program, [...first, "up"], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const said = lastWords(child);
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await ready(child, port, home, options.timeoutMs ?? 120_000);
  } catch (fault) {
    await stop();
    throw new Error(`${fault instanceof Error ? fault.message : fault}\n${said()}`);
  }
  const file = join(home, "sandbox.json");
  return {
    file,
    card: BursarCard.fromSandbox(file),
    payout: BursarPayout.fromSandbox(file),
    sandbox: Sandbox.fromSandbox(file),
    stop,
  };
}

/**
 * One install for the tests of a file.
 *
 *     const install = useInstall();
 *     test("…", async () => { await install().card.merchant.get(); });
 */
export function useInstall(options: InstallOptions = {}): () => Install {
  let install: Install | null = null;
  const timeoutMs = (options.timeoutMs ?? 120_000) + 10_000;
  beforeAll(async () => {
    install = await startInstall(options);
  }, timeoutMs);
  afterAll(async () => {
    await install?.stop();
  }, timeoutMs);
  return () => {
    if (install === null) throw new Error("the install runs during tests alone: call this inside one");
    return install;
  };
}

/** Without what is said of other installs, their database above all. */
function inherited(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:BURSAR_|DATABASE_URL$)/.test(name));
  return Object.fromEntries(kept);
}

async function ready(child: ChildProcess, port: number, home: string, timeoutMs: number): Promise<void> {
  let failed: Error | null = null;
  child.once("error", (fault) => (failed = fault));
  for (const ends = Date.now() + timeoutMs; Date.now() < ends; await sleep(100)) {
    if (failed !== null) throw failed;
    if (child.exitCode !== null) throw new Error(`bursar up ended with ${child.exitCode}`);
    if ((await answers(port)) && isWritten(join(home, "sandbox.json"))) return;
  }
  throw new Error(`bursar up did not answer within ${timeoutMs} ms`);
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

function isWritten(file: string): boolean {
  try {
    return JSON.parse(readFileSync(file, "utf8")) !== null;
  } catch {
    return false;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const end = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const forced = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await end;
  clearTimeout(forced);
}

function lastWords(child: ChildProcess): () => string {
  let said = "";
  const keep = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-2000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => said;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
