/** The card and wallet API on the wire: requests signed and encrypted, answers opened. No network here. */
import type { KeyObject } from "node:crypto";
import type { Answer, Endpoint, HttpRequest, HttpResponse, Params, Wire } from "./calls.js";
import { decryptToken, encryptToken, Undecryptable } from "./encryption.js";
import { ApiError, AuthenticationError, UnreadableAnswer, type ErrorClass } from "./errors.js";
import { multipart } from "./forms.js";
import { exactly, parseJson, type Json } from "./json.js";
import { cardSignature, cardStringV1, cardStringV2, signParam } from "./signing.js";
import { USER_AGENT } from "./version.js";

/** What the tables of an API say of its codes. */
export interface Codes {
  readonly classes: ReadonlyMap<number, ErrorClass>;
  readonly transient: ReadonlySet<number>;
  /** Of codes whose text names a parameter: the text, with a group for it. */
  readonly places: ReadonlyMap<number, RegExp>;
}

export interface CardKeys {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly secretKey: string;
  readonly platformKey: KeyObject;
  readonly merchantKey: KeyObject;
  readonly signVersion: 1 | 2;
  readonly language: string | null;
}

/** A refused signature is explained by the clocks when they differ by more; the service allows 60 s. */
const SKEW_TOLD_MS = 30_000;
const NO_DECIMALS: ReadonlySet<string> = new Set();
const UTF8 = new TextEncoder();

export class CardWire implements Wire {
  readonly lateMs = 61_000;
  readonly #keys: CardKeys;

  constructor(
    keys: CardKeys,
    readonly endpoints: Readonly<Record<string, Endpoint>>,
    private readonly codes: Codes,
    private readonly now: () => number,
  ) {
    this.#keys = keys;
  }

  async build(endpoint: Endpoint, params: Params, requestId: string): Promise<HttpRequest> {
    const { body, type } = await this.#content(endpoint, params);
    const { baseUrl, language } = this.#keys;
    const headers = {
      ...this.#signed(endpoint, params, requestId, body),
      ...(language === null ? {} : { "Accept-Language": language }),
      "Content-Type": type,
      "User-Agent": USER_AGENT,
    };
    return { method: "POST", url: baseUrl + endpoint.path, headers, body };
  }

  async read(endpoint: Endpoint, requestId: string, request: HttpRequest, response: HttpResponse): Promise<Answer> {
    const envelope = envelopeOf(response, NO_DECIMALS);
    const echoed = response.headers.get("x-upa-requestid");
    if (echoed && echoed !== requestId) throw new UnreadableAnswer("the answer is that of another request");
    if (envelope.code !== 0) throw this.#error(envelope, requestId, request, response);
    const sealed = endpoint.encrypted === true && envelope.data !== null;
    return { data: sealed ? await this.#opened(envelope.data) : envelope.data, headers: response.headers };
  }

  isTransient(error: ApiError): boolean {
    return this.codes.transient.has(error.code);
  }

  async #content(endpoint: Endpoint, params: Params): Promise<{ body: Uint8Array; type: string }> {
    if (endpoint.form) return multipart(params);
    const plain = UTF8.encode(JSON.stringify(params));
    if (!endpoint.encrypted) return { body: plain, type: "application/json" };
    const payload = await encryptToken(plain, this.#keys.platformKey);
    return { body: UTF8.encode(JSON.stringify({ payload })), type: "application/json" };
  }

  #signed(endpoint: Endpoint, params: Params, requestId: string, body: Uint8Array): Record<string, string> {
    const { apiKey, secretKey, signVersion } = this.#keys;
    const timestamp = String(this.now());
    const param = endpoint.form ? "" : signParam(params as Record<string, Json>);
    const text =
      signVersion === 2
        ? cardStringV2("POST", endpoint.path, timestamp, requestId, body)
        : cardStringV1("POST", endpoint.path, timestamp, requestId, param);
    return {
      "X-UPA-APIKEY": apiKey,
      "X-UPA-REQUESTID": requestId,
      "X-UPA-TIMESTAMP": timestamp,
      "X-UPA-SIGN": cardSignature(secretKey, text),
      ...(signVersion === 2 ? { "X-UPA-SIGN-VERSION": "2" } : {}),
    };
  }

  async #opened(data: unknown): Promise<unknown> {
    try {
      const { payload } = data as { payload?: unknown };
      return parseJson(await decryptToken(String(payload), this.#keys.merchantKey), exactly(NO_DECIMALS));
    } catch (fault) {
      if (!(fault instanceof Undecryptable || fault instanceof SyntaxError)) throw fault;
      throw new UnreadableAnswer(`the answer's payload: ${fault.message}`, { again: false });
    }
  }

  #error(envelope: Envelope, requestId: string, request: HttpRequest, response: HttpResponse): ApiError {
    const { code, data } = envelope;
    const message = String(envelope["msg"] ?? "");
    const Class = this.codes.classes.get(code) ?? ApiError;
    const parameter = this.codes.places.get(code)?.exec(message)?.[1] ?? null;
    const skewMs = Number(request.headers["X-UPA-TIMESTAMP"]) - Number(response.headers.get("x-upa-timestamp") ?? Number.NaN);
    const clockSkewS = isAuthentication(Class) && Math.abs(skewMs) > SKEW_TOLD_MS ? skewMs / 1000 : null;
    return new Class({ code, message, requestId, parameter, data, clockSkewS });
  }
}

/** An answer's outer object. */
export type Envelope = { readonly code: number; readonly data: unknown } & Readonly<Record<string, unknown>>;

/** The envelope of an answer; throws UnreadableAnswer for what is none. */
export function envelopeOf(response: HttpResponse, decimals: ReadonlySet<string>): Envelope {
  let content: unknown;
  try {
    content = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(response.body), exactly(decimals));
  } catch {
    throw new UnreadableAnswer(`HTTP ${response.status} with a body that is no JSON`);
  }
  const members = typeof content === "object" && content !== null && !Array.isArray(content) ? content : {};
  const envelope = { data: null, ...members } as Record<string, unknown>;
  if (typeof envelope["code"] !== "number") {
    throw new UnreadableAnswer(`HTTP ${response.status} with a body that has no code`);
  }
  return envelope as Envelope;
}

/** True for the class of a refusal that may come of a wrong clock. */
export function isAuthentication(Class: ErrorClass): boolean {
  return Class === AuthenticationError || Class.prototype instanceof AuthenticationError;
}
