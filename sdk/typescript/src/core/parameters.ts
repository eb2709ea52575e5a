/** Parameters before they are sent, and answers before they are handed out. */
import { inspect } from "node:util";
import { isDecimal } from "./decimal.js";
import { InvalidArgument } from "./errors.js";
import type { Endpoint, Params } from "./calls.js";

/**
 * The parameters as they are sent, without what is undefined. Throws InvalidArgument for an amount that is a number,
 * and for a number that JavaScript does not hold exactly; members named in `fractions` are no amounts, such as seconds.
 */
export function checkedParams(endpoint: Endpoint, params: Params, fractions: ReadonlySet<string> = new Set()): Params {
  const decimals = new Set(endpoint.decimals);
  return checked(params, "", { decimals, fractions }) as Params;
}

interface Names {
  readonly decimals: ReadonlySet<string>;
  readonly fractions: ReadonlySet<string>;
}

function checked(value: unknown, path: string, names: Names): unknown {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new InvalidArgument(path, "a fraction as a number is not exact: give its decimal text");
  }
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map((item, index) => checked(item, `${path}.${index}`, names));
  if (typeof value !== "object" || value === null || isFile(value)) return value;
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const where = path === "" ? name : `${path}.${name}`;
    if (names.decimals.has(name)) checkDecimal(member, where);
    const isFraction = names.fractions.has(name) && typeof member === "number" && Number.isFinite(member);
    members.push([name, isFraction ? member : checked(member, where, names)]);
  }
  return Object.fromEntries(members);
}

function checkDecimal(value: unknown, path: string): void {
  if (typeof value === "number") {
    throw new InvalidArgument(path, `an amount is decimal text: give "${value}", not the number`);
  }
  if (typeof value === "string" && !isDecimal(value)) throw new InvalidArgument(path, "no plain decimal text, like 100.50");
}

/** A file of a form. */
export interface FileInput {
  /** Its name, with an extension that says its kind. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Media type; made of the name where it is left out. */
  readonly type?: string;
}

/** True for the content of a file. */
export function isFile(value: unknown): value is FileInput {
  return typeof value === "object" && value !== null && "content" in value && value.content instanceof Uint8Array;
}

/**
 * An answer, frozen at every depth. Objects that hold a secret hide it from `console.log` and `util.inspect`; the field
 * itself, and JSON, have it.
 */
export function sealedAnswer<T>(value: T, secrets: readonly string[] = []): T {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) sealedAnswer(member as unknown, secrets);
  const hidden = secrets.filter((name) => Object.hasOwn(value, name));
  if (hidden.length > 0) hide(value, hidden);
  return Object.freeze(value);
}

function hide(value: object, names: readonly string[]): void {
  const shown = (): object => ({ ...value, ...Object.fromEntries(names.map((name) => [name, "[hidden]"])) });
  Object.defineProperty(value, inspect.custom, { value: shown, enumerable: false });
}
