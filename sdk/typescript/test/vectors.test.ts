import { expect, test } from "vitest";
import { BursarCard, BursarPayout, ApiError, UnreadableAnswer, WebhookInvalid } from "../src/index.js";
import { CARD_CODES, CARD_ENDPOINTS } from "../src/card.js";
import { PAYOUT_CODES, PAYOUT_DECIMALS, PAYOUT_ENDPOINTS } from "../src/payout.js";
import type { Endpoint, HttpResponse, Wire } from "../src/core/calls.js";
import { CardWire } from "../src/core/card-wire.js";
import { decryptToken, encryptToken, keyId, openField, readPublicKey, sealField, Undecryptable } from "../src/core/encryption.js";
import { asWritten, parseJson, type Json } from "../src/core/json.js";
import { PayoutWire } from "../src/core/payout-wire.js";
import * as signing from "../src/core/signing.js";
import { payoutPlaintext } from "../src/core/webhooks.js";
import { at, FILE, key, vectors, type Vector } from "./vectors.js";

const each = (...kinds: readonly string[]) => test.each(vectors(...kinds).map((vector) => [vector.id, vector] as const));
const text = (vector: Vector, name: string): string => String(vector[name]);

const cardKeys = {
  baseUrl: "http://127.0.0.1",
  apiKey: FILE.card.api_key,
  secretKey: FILE.card.secret_key,
  platformKey: key("platform").open,
  merchantKey: key("merchant").secret,
  signVersion: 2 as const,
  language: null,
};
const cardWire = new CardWire(cardKeys, CARD_ENDPOINTS, CARD_CODES, Date.now);
const payoutWire = new PayoutWire(
  { baseUrl: "http://127.0.0.1", apiKey: FILE.payout.api_key, systemKeys: [key("system").open], merchantKey: key("merchant").secret, language: null },
  PAYOUT_ENDPOINTS,
  PAYOUT_CODES,
  PAYOUT_DECIMALS,
  Date.now,
);

each("card_signature_v1")("%s", (_, vector) => {
  const params = vector["body"] === null ? {} : parseJson(text(vector, "body"), asWritten);
  const param = signing.signParam(params as Record<string, Json>);
  expect(param).toBe(vector["sign_param"]);
  const told = ["method", "path", "timestamp", "request_id"].map((name) => text(vector, name));
  expect(signing.cardStringV1(told[0]!, told[1]!, told[2]!, told[3]!, param)).toBe(vector["string"]);
  expect(signing.cardSignature(text(vector, "secret"), text(vector, "string"))).toBe(vector["signature"]);
});

each("card_signature_v2")("%s", (_, vector) => {
  const body = Buffer.from(text(vector, "body_base64"), "base64");
  const told = ["method", "uri", "timestamp", "request_id"].map((name) => text(vector, name));
  expect(signing.cardStringV2(told[0]!, told[1]!, told[2]!, told[3]!, body)).toBe(vector["string"]);
  expect(signing.cardSignature(text(vector, "secret"), text(vector, "string"))).toBe(vector["signature"]);
});

each("card_verify")("%s", (_, vector) => {
  const accepted = signing.verifyCardSignature(text(vector, "secret"), text(vector, "string"), text(vector, "signature"));
  expect(accepted).toBe(vector["accepted"]);
});

each("payout_signature")("%s", (_, vector) => {
  const version = vector["version"] as signing.PayoutVersion;
  expect(signing.payoutMessage(lineOf(vector))).toBe(vector["message"]);
  expect(signing.payoutDigest(version, text(vector, "message"))).toBe(vector["digest"]);
  expect(signing.payoutSignature(version, lineOf(vector), key(vector["key"]).secret)).toBe(vector["signature"]);
  expect(signing.verifyPayoutSignature(version, lineOf(vector), text(vector, "signature"), key(vector["key"]).open)).toBe(true);
});

each("payout_verify")("%s", (_, vector) => {
  const version = vector["version"] as signing.PayoutVersion;
  const accepted = signing.verifyPayoutSignature(version, lineOf(vector), text(vector, "signature"), key(vector["key"]).open);
  expect(accepted).toBe(vector["accepted"]);
});

each("jwe_open")("%s", async (_, vector) => {
  const opening = decryptToken(text(vector, "token"), key(vector["key"]).secret);
  if (vector["opens"]) expect(await opening).toBe(vector["plaintext"]);
  else await expect(opening).rejects.toBeInstanceOf(Undecryptable);
});

each("jwe_seal")("%s", async (_, vector) => {
  const token = await encryptToken(Buffer.from(text(vector, "plaintext")), readPublicKey(key(vector["key"]).der, "key"));
  expect(JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString())).toEqual(vector["header"]);
  expect(await decryptToken(token, key(vector["key"]).secret)).toBe(vector["plaintext"]);
});

each("sealed_open")("%s", (_, vector) => {
  const open = () => openField(vector["version"] as signing.PayoutVersion, text(vector, "sealed"), key(vector["key"]).secret);
  if (vector["opens"]) expect(open()).toBe(vector["text"]);
  else expect(open).toThrow(Undecryptable);
});

each("sealed_seal")("%s", (_, vector) => {
  const sealed = sealField(text(vector, "text"), key(vector["key"]).open);
  expect(Buffer.from(sealed, "base64").length).toBe(Number(vector["blocks"]) * 256);
  if (sealed !== "") expect(openField(2, sealed, key(vector["key"]).secret)).toBe(vector["text"]);
});

const card = new BursarCard({
  baseUrl: "http://127.0.0.1",
  apiKey: FILE.card.api_key,
  secretKey: FILE.card.secret_key,
  platformPublicKey: key("platform").der,
  merchantPrivateKey: key("merchant").pem,
});

each("card_webhook")("%s", async (_, vector) => {
  const parsing = card.webhooks.parse(Buffer.from(text(vector, "body")), vector["headers"] as Record<string, string>);
  if (vector["check"] === null) expect(await parsing).toEqual(vector["event"]);
  else await expect(parsing).rejects.toMatchObject({ check: vector["check"] });
});

each("payout_webhook")("%s", (_, vector) => {
  const accepts = { versions: vector["accept_versions"] as signing.PayoutVersion[], decimals: PAYOUT_DECIMALS, nowMs: Number(vector["now_s"]) * 1000 };
  const parse = () =>
    payoutPlaintext(payoutWire, Buffer.from(text(vector, "body")), vector["headers"] as Record<string, string>, text(vector, "url"), accepts);
  if (vector["check"] !== null) return expect(checkOf(parse)).toBe(vector["check"]);
  const content = parse();
  for (const [path, value] of Object.entries(vector["fields"] as Record<string, string>)) expect(at(content, path)).toBe(value);
});

each("answer")("%s", async (_, vector) => {
  const fault = await answered(vector).then(
    (data) => {
      for (const [path, value] of Object.entries((vector["fields"] ?? {}) as Record<string, string>)) expect(at(data, path)).toBe(value);
      return null;
    },
    (error: unknown) => error,
  );
  const error = vector["error"] as { code: number | null; message: string; request_id: string; parameter: string | null } | null;
  const wire: Wire = vector["api"] === "card" ? cardWire : payoutWire;
  if (error === null) return expect(fault).toBeNull();
  if (error.code === null) {
    expect(fault).toBeInstanceOf(UnreadableAnswer);
    return expect((fault as UnreadableAnswer).again).toBe(vector["retried"]);
  }
  expect(fault).toMatchObject({ code: error.code, text: error.message, requestId: error.request_id, parameter: error.parameter });
  expect(wire.isTransient(fault as ApiError)).toBe(vector["retried"]);
  const codes = vector["api"] === "card" ? CARD_CODES : PAYOUT_CODES;
  expect((fault as ApiError).constructor).toBe(codes.classes.get(error.code));
});

test("keys are named by the digest of their PEM text", () => {
  for (const name of Object.keys(FILE.keys)) expect(keyId(key(name).secret)).toBe(key(name).kid);
});

test("every code but success is a class of its own", () => {
  expect(new Set([...CARD_CODES.classes.values(), ...PAYOUT_CODES.classes.values()]).size).toBe(220);
});

function lineOf(vector: Vector): signing.PayoutLine {
  return {
    apiKey: text(vector, "api_key"),
    timestamp: Number(vector["timestamp"]),
    nonce: text(vector, "nonce_str"),
    url: text(vector, "url"),
    method: text(vector, "method"),
    body: text(vector, "body"),
  };
}

function checkOf(parse: () => unknown): string {
  try {
    parse();
  } catch (fault) {
    if (fault instanceof WebhookInvalid) return fault.check;
    throw fault;
  }
  return "none";
}

/** An answer as the wire reads it; those of the payout API are signed here, since the file has their bodies alone. */
async function answered(vector: Vector): Promise<unknown> {
  const body = Buffer.from(text(vector, "body"));
  const headers = new Headers(vector["headers"] as Record<string, string>);
  if (vector["api"] === "card") {
    const endpoint: Endpoint = { name: "x", verb: "POST", path: "/x", repeat: "read" };
    const response: HttpResponse = { status: Number(vector["http_status"]), headers, body };
    const requestId = headers.get("x-upa-requestid") ?? "r-1";
    return (await cardWire.read(endpoint, requestId, await cardWire.build(endpoint, {}, requestId), response)).data;
  }
  const endpoint: Endpoint = { name: "x", verb: "GET", path: "/openApi/v1/x", repeat: "read" };
  const line = { apiKey: FILE.payout.api_key, timestamp: 1, nonce: "n", url: "/openApi/v2/x", method: "GET", body: text(vector, "body") };
  for (const [name, value] of Object.entries({
    "Content-Type": "application/json",
    "V-Api-Key": line.apiKey,
    "V-Api-Version": "2",
    "V-Timestamp": "1",
    "V-Nonce-Str": "n",
    "V-Signature": signing.payoutSignature(2, line, key("system").secret),
  })) headers.set(name, value);
  const response: HttpResponse = { status: Number(vector["http_status"]), headers, body };
  return (await payoutWire.read(endpoint, "r", await payoutWire.build(endpoint, {}), response)).data;
}

test("BursarPayout is made of the same keys", () => {
  const payout = new BursarPayout({
    baseUrl: "http://127.0.0.1",
    apiKey: FILE.payout.api_key,
    systemPublicKey: key("system").der,
    merchantPrivateKey: key("merchant").pem,
  });
  expect(payout.keyIds).toEqual({ system: key("system").kid, merchant: key("merchant").kid });
});
