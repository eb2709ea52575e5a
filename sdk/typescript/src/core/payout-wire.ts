/** The payout and OTP API on the wire: requests signed and sealed, answers verified and opened. No network here. */
import { randomBytes, type KeyObject } from "node:crypto";
import type { Answer, Endpoint, HttpRequest, HttpResponse, Params, Wire } from "./calls.js";
import { envelopeOf, isAuthentication, type Codes, type Envelope } from "./card-wire.js";
import { mapSealed, openField, sealField, Undecryptable } from "./encryption.js";
import { ApiError, UnreadableAnswer } from "./errors.js";
import { multipart, withMd5 } from "./forms.js";
import { payoutSignature, verifyPayoutSignature, type PayoutLine, type PayoutVersion } from "./signing.js";
import { USER_AGENT } from "./version.js";

export interface PayoutKeys {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The first is the one that fields are sealed to. */
  readonly systemKeys: readonly [KeyObject, ...KeyObject[]];
  readonly merchantKey: KeyObject;
  readonly language: string | null;
}

const SUCCESS = 200;
/** Codes of answers that come without a signature, besides those of an unknown caller. */
const UNSIGNED: ReadonlySet<number> = new Set([1000, 1205, 1212]);
/** A refusal is explained by the clocks when they differ by more; the service allows 300 s. */
const SKEW_TOLD_S = 150;

export class PayoutWire implements Wire {
  readonly lateMs = 301_000;
  readonly #keys: PayoutKeys;

  constructor(
    keys: PayoutKeys,
    readonly endpoints: Readonly<Record<string, Endpoint>>,
    private readonly codes: Codes,
    private readonly decimals: ReadonlySet<string>,
    private readonly now: () => number,
  ) {
    this.#keys = keys;
  }

  async build(endpoint: Endpoint, params: Params): Promise<HttpRequest> {
    const { baseUrl, language, systemKeys } = this.#keys;
    const sealed = mapSealed(params, (text) => sealField(text, systemKeys[0]));
    let url = endpoint.path.replace("/v1/", "/v2/");
    let body: Uint8Array | null = null;
    let type: string | null = null;
    if (endpoint.verb === "GET") url += queryOf(sealed);
    else if (endpoint.form) ({ body, type } = multipart(withMd5(sealed)));
    else [body, type] = [new TextEncoder().encode(JSON.stringify(sealed)), "application/json"];
    const signed = endpoint.form || body === null ? "" : new TextDecoder().decode(body);
    const headers = {
      ...this.#signed(endpoint.verb, url, signed),
      ...(type === null ? {} : { "Content-Type": type }),
      ...(language === null ? {} : { "Accept-Language": language }),
    };
    return { method: endpoint.verb, url: baseUrl + url, headers, body };
  }

  async read(endpoint: Endpoint, requestId: string, request: HttpRequest, response: HttpResponse): Promise<Answer> {
    const isFile = !(response.headers.get("content-type") ?? "").includes("application/json");
    if (isFile && !(endpoint.file && response.status === SUCCESS)) {
      throw new UnreadableAnswer(`HTTP ${response.status} with a body that is no JSON`);
    }
    const envelope: Envelope = isFile ? { code: SUCCESS, data: response.body } : envelopeOf(response, this.decimals);
    this.#verify(request, response, isFile, envelope.code);
    if (envelope.code !== SUCCESS) throw this.#error(envelope, requestId, request, response);
    return { data: isFile ? response.body : this.#opened(endpoint, envelope.data), headers: response.headers };
  }

  isTransient(error: ApiError): boolean {
    return this.codes.transient.has(error.code);
  }

  /** Data with their sensitive fields in clear; throws Undecryptable. */
  opened<T>(data: T, version: PayoutVersion): T {
    return mapSealed(data, (text) => openField(version, text, this.#keys.merchantKey));
  }

  /** True if one of the platform's keys has signed the line. */
  isFromThePlatform(version: PayoutVersion, line: PayoutLine, signature: string): boolean {
    return this.#keys.systemKeys.some((key) => verifyPayoutSignature(version, line, signature, key));
  }

  get apiKey(): string {
    return this.#keys.apiKey;
  }

  #signed(method: string, url: string, body: string): Record<string, string> {
    const { apiKey, merchantKey } = this.#keys;
    const line: PayoutLine = {
      apiKey,
      timestamp: Math.floor(this.now() / 1000),
      nonce: randomBytes(16).toString("hex"),
      url,
      method,
      body,
    };
    return {
      "V-Api-Key": apiKey,
      "V-Api-Version": "2",
      "V-Timestamp": String(line.timestamp),
      "V-Nonce-Str": line.nonce,
      "V-Signature": payoutSignature(2, line, merchantKey),
      "User-Agent": USER_AGENT,
    };
  }

  /**
   * Throws UnreadableAnswer unless the platform signed this answer to this request. A caller whom the service does not
   * know gets no signature: then only a refusal that says so is believed.
   */
  #verify(request: HttpRequest, response: HttpResponse, isFile: boolean, code: number): void {
    const get = (name: string): string => response.headers.get(name) ?? "";
    const signature = get("v-signature");
    if (signature === "") {
      const Class = this.codes.classes.get(code) ?? ApiError;
      if (isAuthentication(Class) || UNSIGNED.has(code)) return;
      throw new UnreadableAnswer("the answer is not signed");
    }
    const line: PayoutLine = {
      apiKey: get("v-api-key"),
      timestamp: Number(get("v-timestamp")),
      nonce: get("v-nonce-str"),
      url: request.url.slice(this.#keys.baseUrl.length),
      method: request.method,
      body: isFile ? "" : new TextDecoder().decode(response.body),
    };
    if (get("v-api-version") !== "2" || !this.isFromThePlatform(2, line, signature)) {
      throw new UnreadableAnswer("the answer's signature is not the platform's");
    }
  }

  #opened(endpoint: Endpoint, data: unknown): unknown {
    try {
      return endpoint.name === "events.list" ? this.#openedEvents(data) : this.opened(data, 2);
    } catch (fault) {
      if (!(fault instanceof Undecryptable)) throw fault;
      throw new UnreadableAnswer(fault.message, { again: false });
    }
  }

  /** Events are sealed in the version of the callbacks, whichever that is. */
  #openedEvents(data: unknown): unknown {
    try {
      return this.opened(data, 2);
    } catch (fault) {
      if (!(fault instanceof Undecryptable)) throw fault;
      return this.opened(data, 1);
    }
  }

  #error(envelope: Envelope, requestId: string, request: HttpRequest, response: HttpResponse): ApiError {
    const { code, data } = envelope;
    const Class = this.codes.classes.get(code) ?? ApiError;
    const named = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
    const parameter = named["parameter"] ?? named["header"] ?? null;
    const skewS = Number(request.headers["V-Timestamp"]) - Number(response.headers.get("v-timestamp") || Number.NaN);
    return new Class({
      code,
      message: String(envelope["message"] ?? ""),
      requestId: String(envelope["requestId"] ?? requestId),
      parameter: parameter === null ? null : String(parameter),
      data,
      clockSkewS: isAuthentication(Class) && Math.abs(skewS) > SKEW_TOLD_S ? skewS : null,
    });
  }
}

function queryOf(params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== null) query.append(name, String(value));
  return query.size > 0 ? `?${query.toString()}` : "";
}
