/**
 * The signatures of both APIs, in both versions. Pure functions of texts and keys.
 *
 * Card API: HMAC-SHA256 of a string, in Base64. Payout API: RSA PKCS#1 v1.5 over the hex digest of a line. Version 1
 * of the payout API is MD5 throughout, as published, and kept for callbacks that still have it; this SDK calls by
 * version 2 alone.
 */
import { createHash, createHmac, sign, timingSafeEqual, verify, type KeyObject } from "node:crypto";
import { NumberText, type Json } from "./json.js";

/** A version of the payout API's cryptography. */
export type PayoutVersion = 1 | 2;

const HASHES = { 1: "md5", 2: "sha256" } as const;

/** The parameters as version 1 of the card API signs them: sorted by code point, null and undefined left out. */
export function signParam(params: Readonly<Record<string, Json | undefined>>): string {
  return sortedNames(params)
    .filter((name) => params[name] !== null && params[name] !== undefined)
    .map((name) => `${name}=${signedText(params[name] as Json)}`)
    .join("&");
}

/** The string of version 1; `path` has neither host nor query, `timestamp` is the header as sent. */
export function cardStringV1(method: string, path: string, timestamp: string, requestId: string, param: string): string {
  return `${method}|${path}|${timestamp}|${requestId}|${param}`;
}

/** The string of version 2: one line of JSON with the digest of the body as sent; `uri` is path and query. */
export function cardStringV2(
  method: string,
  uri: string,
  timestamp: string,
  requestId: string,
  body: Uint8Array,
): string {
  return JSON.stringify({ method, uri, timestamp, requestId, body: createHash("sha256").update(body).digest("hex") });
}

/** Base64 of HMAC-SHA256. */
export function cardSignature(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text, "utf8").digest("base64");
}

/** True for the signature of `text`, compared in constant time. */
export function verifyCardSignature(secret: string, text: string, signature: string): boolean {
  const right = Buffer.from(cardSignature(secret, text));
  const given = Buffer.from(signature, "utf8");
  return right.length === given.length && timingSafeEqual(right, given);
}

/** The fields of the line that the payout API signs. */
export interface PayoutLine {
  readonly apiKey: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly nonce: string;
  /** Path and query exactly as sent. */
  readonly url: string;
  readonly method: string;
  /** The text of a JSON body; empty for GET, uploads and files. */
  readonly body: string;
}

/** The line that is digested. */
export function payoutMessage(line: PayoutLine): string {
  const { apiKey, timestamp, nonce, url, method, body } = line;
  return JSON.stringify({ api_key: apiKey, timestamp, nonce_str: nonce, url, method, body });
}

/** Lower-case hex digest of a line; this text is signed. */
export function payoutDigest(version: PayoutVersion, message: string): string {
  return createHash(HASHES[version]).update(message, "utf8").digest("hex");
}

/** Base64 of the signature of a line. */
export function payoutSignature(version: PayoutVersion, line: PayoutLine, key: KeyObject): string {
  const digest = payoutDigest(version, payoutMessage(line));
  return sign(HASHES[version], Buffer.from(digest), key).toString("base64");
}

/** True for the owner's signature of a line. */
export function verifyPayoutSignature(
  version: PayoutVersion,
  line: PayoutLine,
  signature: string,
  key: KeyObject,
): boolean {
  if (!isBase64(signature)) return false;
  const digest = payoutDigest(version, payoutMessage(line));
  return verify(HASHES[version], Buffer.from(digest), key, Buffer.from(signature, "base64"));
}

/** True for Base64 of the usual alphabet, with its padding; `Buffer.from` takes anything. */
export function isBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function signedText(value: Json): string {
  return typeof value === "string" ? value : compact(value);
}

/** JSON without spaces, names sorted by code point, numbers as they were written. */
function compact(value: Json | undefined): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map((item: Json) => compact(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = value as Readonly<Record<string, Json | undefined>>;
  const names = sortedNames(members).filter((name) => members[name] !== undefined);
  return `{${names.map((name) => `${JSON.stringify(name)}:${compact(members[name])}`).join(",")}}`;
}

/** By code point, which is the order of UTF-8; JavaScript's own order of UTF-16 units is another one. */
function sortedNames(members: object): string[] {
  return Object.keys(members).sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
