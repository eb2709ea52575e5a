/**
 * Pushes of the service: verified, decrypted. Nothing is believed that did not pass every check.
 *
 * The signature covers the bytes as they came: a body that was parsed and written again has another one.
 */
import type { KeyObject } from "node:crypto";
import { decryptToken, Undecryptable } from "./encryption.js";
import { WebhookInvalid } from "./errors.js";
import { exactly, parseJson } from "./json.js";
import type { PayoutWire } from "./payout-wire.js";
import { verifyCardSignature, type PayoutLine, type PayoutVersion } from "./signing.js";

/** Headers of a request, as Node, Express, a web `Request` or a plain object has them. */
export type HeadersLike =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The HTTP answer that counts as received. */
export interface PushAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The content of a push. */
export type Plaintext = Readonly<Record<string, unknown>> & { readonly event: string };

const BODY_BYTES_MAX = 2 * 1024 * 1024;
/** A callback of the payout API was signed at most so long ago. */
const FRESH_S = 300;
const PAYOUT_HEADERS = ["v-api-key", "v-api-version", "v-timestamp", "v-nonce-str", "v-signature"] as const;

/**
 * The content of a push of the card API; rejects with WebhookInvalid. The signature covers the event's name, which is
 * encrypted, so that decryption comes first.
 */
export async function cardPlaintext(
  keys: { readonly secretKey: string; readonly merchantKey: KeyObject },
  raw: Uint8Array,
  headers: HeadersLike,
): Promise<Plaintext> {
  checkRaw(raw);
  const given = readHeaders(headers, ["x-upa-sign", "x-upa-timestamp"]);
  const body = Buffer.from(raw).toString("latin1");
  const content = event(await decrypted(body, keys.merchantKey), new Set());
  const text = `${content.event}|${given["x-upa-timestamp"]}|${body}`;
  if (!verifyCardSignature(keys.secretKey, text, given["x-upa-sign"])) {
    throw new WebhookInvalid("signature", "X-UPA-SIGN was not made with our secret key, or the push was changed");
  }
  const { detail } = content;
  return typeof detail === "string" ? { ...content, detail: json(detail, new Set()) } : content;
}

/** The content of a callback of the payout API, its sensitive fields opened; throws WebhookInvalid. */
export function payoutPlaintext(
  wire: PayoutWire,
  raw: Uint8Array,
  headers: HeadersLike,
  url: string,
  accepts: { readonly versions: readonly PayoutVersion[]; readonly decimals: ReadonlySet<string>; readonly nowMs: number },
): Plaintext {
  checkRaw(raw);
  const given = readHeaders(headers, PAYOUT_HEADERS);
  if (!/^[0-9]{1,16}$/.test(given["v-timestamp"])) throw new WebhookInvalid("headers", "V-Timestamp is malformed");
  if (given["v-api-key"] !== wire.apiKey) throw new WebhookInvalid("api_key", "V-Api-Key is not ours");
  const version = accepts.versions.find((each) => String(each) === given["v-api-version"]);
  if (version === undefined) throw new WebhookInvalid("version", `V-Api-Version is none of ${accepts.versions.join(", ")}`);
  const ageS = Math.floor(accepts.nowMs / 1000) - Number(given["v-timestamp"]);
  if (Math.abs(ageS) > FRESH_S) {
    throw new WebhookInvalid("timestamp", `signed ${ageS} s ago by our clock: it is an old one, or a clock is wrong`);
  }
  const body = textOf(raw);
  const line: PayoutLine = {
    apiKey: given["v-api-key"],
    timestamp: Number(given["v-timestamp"]),
    nonce: given["v-nonce-str"],
    url: pathAndQuery(url),
    method: "POST",
    body,
  };
  if (!wire.isFromThePlatform(version, line, given["v-signature"])) {
    const asked = `is ${line.url} path and query of the URL that the platform was told?`;
    throw new WebhookInvalid("signature", `V-Signature is not the platform's: ${asked}`);
  }
  return opened(wire, event(body, accepts.decimals), version);
}

/** Path and query as they were sent, of a whole URL or of these alone. */
export function pathAndQuery(url: string): string {
  const rest = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/#.*$/s, "");
  return rest.startsWith("/") ? rest : `/${rest}`;
}

async function decrypted(token: string, key: KeyObject): Promise<string> {
  try {
    return await decryptToken(token, key);
  } catch (fault) {
    if (!(fault instanceof Undecryptable)) throw fault;
    throw new WebhookInvalid("decryption", fault.message);
  }
}

function opened(wire: PayoutWire, content: Plaintext, version: PayoutVersion): Plaintext {
  try {
    return wire.opened(content, version);
  } catch (fault) {
    if (!(fault instanceof Undecryptable)) throw fault;
    throw new WebhookInvalid("decryption", fault.message);
  }
}

function event(text: string, decimals: ReadonlySet<string>): Plaintext {
  const content = json(text, decimals);
  if (typeof content !== "object" || content === null || !("event" in content) || typeof content.event !== "string") {
    throw new WebhookInvalid("content", "the plaintext is no event");
  }
  return content as Plaintext;
}

function json(text: string, decimals: ReadonlySet<string>): unknown {
  try {
    return parseJson(text, exactly(decimals));
  } catch {
    throw new WebhookInvalid("content", "the plaintext is no JSON");
  }
}

function textOf(raw: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw new WebhookInvalid("content", "the body is not UTF-8");
  }
}

function checkRaw(raw: unknown): asserts raw is Uint8Array {
  if (!(raw instanceof Uint8Array)) {
    const kind = raw === null ? "null" : typeof raw;
    throw new WebhookInvalid("body", `give the raw bytes as they came, not ${kind}: the signature covers exactly those`);
  }
  if (raw.length === 0 || raw.length > BODY_BYTES_MAX) {
    throw new WebhookInvalid("body", `${raw.length} bytes, where 1 to ${BODY_BYTES_MAX} are expected`);
  }
}

function readHeaders<N extends string>(headers: HeadersLike, names: readonly N[]): Record<N, string> {
  const get = reader(headers);
  const missing = names.filter((name) => !get(name));
  if (missing.length > 0) throw new WebhookInvalid("headers", `missing: ${missing.join(", ")}`);
  return Object.fromEntries(names.map((name) => [name, get(name)])) as Record<N, string>;
}

function reader(headers: HeadersLike): (name: string) => string {
  if (typeof headers["get"] === "function") return (name) => (headers as Headers).get(name) ?? "";
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = lower.get(name);
    return typeof value === "string" ? value : "";
  };
}
