/**
 * One call from its parameters to its answer: tries, back-off, deadline.
 *
 * The rules that keep a call from being done twice:
 *
 * - the request id is made before the first try and is the same in every try;
 * - a call is tried again only if doing so cannot do it twice: it reads, its request id or its reference stops the
 *   second, or it never left this machine; one that verifies a one-time password is never tried again;
 * - a refusal after a try whose outcome is unknown counts only where it settles that try as well.
 */
import { randomUUID } from "node:crypto";
import { compareDecimals, type Decimal } from "./decimal.js";
import {
  ApiError,
  AuthenticationError,
  ConnectionFailed,
  OutcomeUnknown,
  PermissionRefused,
  RateLimited,
  UnreadableAnswer,
} from "./errors.js";

/** How a call may be repeated when nobody knows what came of it. */
export type Repeat = "read" | "id" | "same" | "reference" | "never";

/** The merchant's own number that makes a call of the payout API unique. */
export interface Reference {
  readonly parameter: string;
  /** The code that says that the number was used already. */
  readonly taken: number;
  /** The endpoint, as `resource.method`, that finds what was made under the number. */
  readonly find: string;
}

/** A call as the generated tables describe it. */
export interface Endpoint {
  /** `cards.recharge`. */
  readonly name: string;
  readonly verb: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly repeat: Repeat;
  readonly encrypted?: boolean;
  /** The body is a multipart form. */
  readonly form?: boolean;
  /** The answer is a file. */
  readonly file?: boolean;
  /** Names of parameters, at any depth, that are exact amounts. */
  readonly decimals?: readonly string[];
  /** Names of secret fields of the answer, at any depth: no log shows them. */
  readonly secrets?: readonly string[];
  /** It verifies a one-time password. */
  readonly oneTime?: boolean;
  readonly reference?: Reference;
}

export type Params = Readonly<Record<string, unknown>>;

/** A signed request. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** An answer as it came. */
export interface HttpResponse {
  readonly status: number;
  /** By name in any case; null for one that is not there. */
  readonly headers: { get(name: string): string | null };
  readonly body: Uint8Array;
}

/** No answer came. */
export class TransportFault extends Error {
  constructor(
    /** The request may have reached the service. */
    readonly sent: boolean,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A successful answer. */
export interface Answer {
  readonly data: unknown;
  readonly headers: { get(name: string): string | null };
}

/** The wire of an API: requests built, answers read. */
export interface Wire {
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  /** The service refuses a request that arrives later than this, in ms, after it was signed. */
  readonly lateMs: number;
  /** The request of one try, with a signature of now. */
  build(endpoint: Endpoint, params: Params, requestId: string): Promise<HttpRequest>;
  /** The answer; throws ApiError or UnreadableAnswer. */
  read(endpoint: Endpoint, requestId: string, request: HttpRequest, response: HttpResponse): Promise<Answer>;
  /** True for codes after which the same call may succeed a little later. */
  isTransient(error: ApiError): boolean;
}

/** Everything a call needs from outside; tests give their own. */
export interface Surroundings {
  /** One exchange; throws TransportFault. */
  send(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpResponse>;
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** Unix milliseconds. */
  now(): number;
  /** From 0 to 1. */
  random(): number;
}

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 5000;
const CONTENT = ["customid", "currency", "paymentmethod"] as const;

/** A new request id. */
export function mintRequestId(): string {
  return randomUUID().replaceAll("-", "");
}

/** One call under way. */
export class Call {
  /** A try may have been carried out, and its answer is not known. */
  #lost: boolean;
  /** Unix milliseconds: no lost try was signed after it. */
  #lostBefore: number;
  /** Something else was made under the call's reference, so that this call can never be carried out. */
  #taken = false;

  constructor(
    private readonly wire: Wire,
    private readonly around: Surroundings,
    readonly endpoint: Endpoint,
    readonly params: Params,
    readonly requestId: string,
    private readonly deadlineMs: number,
    private readonly signal?: AbortSignal,
    lostBefore?: number,
  ) {
    this.#lost = lostBefore !== undefined;
    this.#lostBefore = lostBefore ?? 0;
  }

  /** The merchant's own number of the call, if it has one. */
  get reference(): string | null {
    const value = this.params[this.endpoint.reference?.parameter ?? "thirdOrderNo"];
    return typeof value === "string" ? value : null;
  }

  /** Tries until there is an answer, the deadline has passed, or trying again is not safe. */
  async run(): Promise<Answer> {
    const ends = this.around.now() + this.deadlineMs;
    for (let tries = 0; ; tries += 1) {
      const outcome = await this.#try();
      if ("answer" in outcome) return outcome.answer;
      const found = await this.#foundByReference(outcome.error);
      if (found !== null) return found;
      const waitMs = backoffMs(tries, this.around.random());
      const aborted = this.signal?.aborted ?? false;
      if (aborted || !this.#mayTryAgain(outcome) || this.around.now() + waitMs >= ends) throw this.#last(outcome.error);
      await this.around.sleep(waitMs, this.signal);
    }
  }

  /** What was made under the call's reference and has its content; null if there is nothing, or something else. */
  async found(): Promise<Answer | null> {
    const reference = this.endpoint.reference;
    const value = reference && this.params[reference.parameter];
    const finder = reference && this.wire.endpoints[reference.find];
    if (!reference || !finder || !value) return null;
    const params = { [reference.parameter]: value };
    const looking = new Call(this.wire, this.around, finder, params, mintRequestId(), this.deadlineMs, this.signal);
    let answer: Answer;
    try {
      answer = await looking.run();
    } catch (fault) {
      if (fault instanceof ApiError && !this.wire.isTransient(fault)) return null;
      throw new OutcomeUnknown(this.endpoint.name, this.requestId, this.reference, fault);
    }
    this.#taken = !isSame(this.params, answer.data);
    return this.#taken ? null : answer;
  }

  async #try(): Promise<{ answer: Answer } | { error: Error; neverLeft: boolean }> {
    const request = await this.wire.build(this.endpoint, this.params, this.requestId);
    let response: HttpResponse;
    try {
      response = await this.around.send(request, this.signal);
    } catch (fault) {
      if (!(fault instanceof TransportFault)) throw fault;
      this.#lose(fault.sent);
      const error = new ConnectionFailed(`${this.endpoint.name}: ${fault.message}`, { cause: fault.cause });
      return { error, neverLeft: !fault.sent };
    }
    try {
      return { answer: await this.wire.read(this.endpoint, this.requestId, request, response) };
    } catch (error) {
      if (error instanceof ApiError) this.#lose(this.wire.isTransient(error) && !(error instanceof RateLimited));
      else if (error instanceof UnreadableAnswer) this.#lose(true);
      else throw error;
      return { error, neverLeft: false };
    }
  }

  #lose(lost: boolean): void {
    if (!lost || this.endpoint.repeat === "read") return;
    this.#lost = true;
    this.#lostBefore = this.around.now();
  }

  #mayTryAgain({ error, neverLeft }: { error: Error; neverLeft: boolean }): boolean {
    const { repeat, oneTime = false } = this.endpoint;
    if (error instanceof ApiError) return this.wire.isTransient(error) && repeat !== "never";
    if (error instanceof UnreadableAnswer && !error.again) return false;
    return repeat !== "never" || (neverLeft && !oneTime);
  }

  /** The error of a call that ends without an answer. */
  #last(error: Error): Error {
    if (!this.#lost || this.#settles(error)) return error;
    return new OutcomeUnknown(this.endpoint.name, this.requestId, this.reference, error);
  }

  /** True if the refusal also holds for the tries before it whose answers were lost. */
  #settles(error: Error): boolean {
    if (!(error instanceof ApiError) || this.wire.isTransient(error)) return false;
    // answered before the service looks for an earlier answer
    if (error instanceof AuthenticationError || error instanceof PermissionRefused) return false;
    if (this.endpoint.repeat === "id") return error.code !== 10300 && error.code !== 10301;
    if (this.endpoint.repeat === "same" || this.#taken) return true;
    return this.around.now() > this.#lostBefore + this.wire.lateMs;
  }

  /** What a lost try has made after all, where the refusal of a later one makes that likely. */
  async #foundByReference(error: Error): Promise<Answer | null> {
    if (!this.endpoint.reference || !this.#lost) return null;
    if (!(error instanceof ApiError) || this.wire.isTransient(error)) return null;
    return this.found();
  }
}

/** Doubled from try to try, half of it by chance, so that many clients do not come back at once. */
function backoffMs(tries: number, random: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** tries) * (0.5 + random / 2);
}

/** True if what was made under a reference has the content that was asked for, as far as it shows it. */
function isSame(asked: Params, data: unknown): boolean {
  if (typeof data !== "object" || data === null) return false;
  const made = data as Params;
  const { amount, tickets, partial } = asked;
  if (typeof amount === "string" && typeof made["amount"] === "string") {
    if (compareDecimals(amount as Decimal, made["amount"] as Decimal) !== 0) return false;
  }
  if (Array.isArray(tickets) && !partial && made["count"] !== tickets.length) return false;
  return CONTENT.every((name) => asked[name] === undefined || made[name] === undefined || String(asked[name]) === String(made[name]));
}
