/** Addresses and keys of a merchant: given, from the environment, or from the `sandbox.json` of a sandbox. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "./errors.js";

/** The path of a `sandbox.json` or its folder; where it is set, `fromEnv` reads what no other variable gives from there. */
export const SANDBOX_VARIABLE = "BURSAR_SANDBOX";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The contents of `sandbox.json`. */
export type SandboxFile = Readonly<Record<string, unknown>>;

/** Reads `sandbox.json`, by its path, its folder's, or `BURSAR_SANDBOX`. Throws ConfigurationError. */
export function readSandbox(path?: string): SandboxFile {
  const given = path ?? process.env[SANDBOX_VARIABLE];
  if (!given) throw new ConfigurationError(`say where sandbox.json is: give its path, or set ${SANDBOX_VARIABLE}`);
  try {
    const file = statSync(given).isDirectory() ? join(given, "sandbox.json") : given;
    return JSON.parse(readFileSync(file, "utf8")) as SandboxFile;
  } catch (fault) {
    const reason = fault instanceof Error ? fault.message : String(fault);
    throw new ConfigurationError(`${given} cannot be read: does the sandbox run? (${reason})`);
  }
}

/** Fields of a part of `sandbox.json`, by their names in this library. */
export function partOf<K extends string>(sandbox: SandboxFile, part: string, names: Readonly<Record<K, string>>): Record<K, string> {
  const given = sandbox[part];
  if (typeof given !== "object" || given === null) throw new ConfigurationError(`sandbox.json has no part ${part}`);
  return picked(names, (name) => (given as Record<string, unknown>)[name]);
}

/** The address in `sandbox.json`. */
export function addressOf(sandbox: SandboxFile): string {
  return String(sandbox["base_url"] ?? "");
}

/**
 * From `BURSAR_BASE_URL` and `BURSAR_<PART>_<NAME>`, and `BURSAR_SANDBOX` for what is missing. Throws
 * ConfigurationError with the variables that are not set.
 */
export function fromEnvironment<K extends string>(
  part: string,
  names: Readonly<Record<K, string>>,
  environment: Environment,
): Record<K | "baseUrl", string> {
  const all = { ...names, baseUrl: "base_url" } as Readonly<Record<K | "baseUrl", string>>;
  const path = environment[SANDBOX_VARIABLE];
  const sandbox = path ? readSandbox(path) : null;
  const kept = sandbox ? { ...partOf(sandbox, part, names), baseUrl: addressOf(sandbox) } : null;
  const missing: string[] = [];
  const found = picked(all, (name) => {
    const variable = (name === "base_url" ? `BURSAR_${name}` : `BURSAR_${part}_${name}`).toUpperCase();
    const key = (Object.keys(all) as (K | "baseUrl")[]).find((each) => all[each] === name);
    const value = environment[variable] || (key && kept?.[key]);
    if (!value) missing.push(variable);
    return value;
  });
  if (missing.length > 0) throw new ConfigurationError(`not set: ${missing.join(", ")}`);
  return found;
}

/** Throws ConfigurationError for an address that is none. */
export function checkAddress(baseUrl: string): void {
  if (!/^https?:\/\/[^/?#\s]+$/.test(baseUrl)) {
    const wanted = "baseUrl is like https://api.example.com, without a path or a slash at its end";
    throw new ConfigurationError(`${wanted}: ${JSON.stringify(baseUrl)}`);
  }
}

/** Throws ConfigurationError for an empty text. */
export function checkFilled(name: string, value: unknown): void {
  if (typeof value !== "string" || value === "") throw new ConfigurationError(`${name} is empty`);
}

function picked<K extends string>(names: Readonly<Record<K, string>>, read: (name: string) => unknown): Record<K, string> {
  const entries = (Object.entries(names) as [K, string][]).map(([key, name]) => [key, String(read(name) ?? "")] as const);
  return Object.fromEntries(entries) as Record<K, string>;
}
