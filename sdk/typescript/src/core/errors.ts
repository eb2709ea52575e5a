/**
 * Errors of every call: refusals by code, and the cases in which no usable answer came.
 *
 *     BursarError
 *     ├── ConfigurationError      a key or an address is missing or malformed; nothing was sent
 *     ├── InvalidArgument         a parameter cannot be sent as it is (money as a number); nothing was sent
 *     ├── ApiError                the service answered with a code that is not success
 *     │   └── AuthenticationError, PermissionRefused, ParameterError, RateLimited, ServiceFaultError, Refused
 *     │       └── one class for each published code: `@bursar/sdk/card`, `@bursar/sdk/payout`
 *     ├── ConnectionFailed        no answer came, and nothing can have happened
 *     ├── OutcomeUnknown          nobody knows yet if it happened; says how to find out
 *     ├── UnreadableAnswer        an answer came that is not one of this API's
 *     ├── WebhookInvalid          a push that did not pass a check; says which
 *     ├── SandboxRefused          the sandbox's control API refused
 *     └── JournalError            the journal cannot be written or read; nothing was sent
 */

/** Any error of this library. */
export class BursarError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A key or an address is missing or malformed. Nothing was sent. */
export class ConfigurationError extends BursarError {}

/** A parameter cannot be sent as it is: money as a JavaScript number, for example. Nothing was sent. */
export class InvalidArgument extends BursarError {
  constructor(
    /** The parameter's path, for example `details.0.openFee`. */
    readonly parameter: string,
    reason: string,
  ) {
    super(`${parameter}: ${reason}`);
  }
}

/** The journal cannot be written or read. Nothing was sent. */
export class JournalError extends BursarError {}

/** No answer came in time, and the call has changed nothing: it reads, or it never left this machine. */
export class ConnectionFailed extends BursarError {}

/** An answer that is not one of this API's: another server's, cut off, or not signed by the platform. */
export class UnreadableAnswer extends BursarError {
  /** False where asking again would give the same: it is encrypted to another key than ours. */
  readonly again: boolean;

  constructor(message: string, options: { readonly again?: boolean } = {}) {
    super(message);
    this.again = options.again ?? true;
  }
}

/**
 * The check that a push did not pass. `body`: not the raw bytes, empty or too large. `headers`: one is missing or
 * malformed. `api_key`: another merchant's. `version`: of a signature that is not accepted. `timestamp`: further than
 * 300 s from this machine's clock. `decryption`: not encrypted to our key. `signature`: not the platform's, over these
 * bytes at this URL. `content`: no event.
 */
export type WebhookCheck =
  | "body"
  | "headers"
  | "api_key"
  | "version"
  | "timestamp"
  | "decryption"
  | "signature"
  | "content";

/** A push that did not pass a check. Answer it with HTTP 400 and do nothing. */
export class WebhookInvalid extends BursarError {
  constructor(
    readonly check: WebhookCheck,
    readonly reason: string,
  ) {
    super(`${check}: ${reason}`);
  }
}

/** The sandbox's control API refused a call. */
export class SandboxRefused extends BursarError {
  constructor(
    readonly httpStatus: number,
    /** A word, for example `not_found`. */
    readonly error: string,
    readonly detail: string,
  ) {
    super(`HTTP ${httpStatus} ${error}: ${detail}`);
  }
}

/** What an {@link ApiError} is made of. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly requestId: string;
  readonly parameter?: string | null;
  readonly data?: unknown;
  readonly clockSkewS?: number | null;
}

/** The service answered with a code that is not success. */
export class ApiError extends BursarError {
  /** The published code. Its class is exported by `@bursar/sdk/card` or `@bursar/sdk/payout`. */
  readonly code: number;
  /** The text of the service, without the code. */
  readonly text: string;
  /** Of the request (card API), or given to it by the service (payout API). Quote it to support. */
  readonly requestId: string;
  /** The wire name of the parameter or header that it is about, if one is named. */
  readonly parameter: string | null;
  /** What stands beside the code: the rows of a refused batch, for example. */
  readonly data: unknown;
  /** Our clock less the service's, in seconds, where a signature was refused and they differ much. */
  readonly clockSkewS: number | null;

  constructor(refusal: Refusal) {
    super(worded(refusal));
    this.code = refusal.code;
    this.text = refusal.message;
    this.requestId = refusal.requestId;
    this.parameter = refusal.parameter ?? null;
    this.data = refusal.data ?? null;
    this.clockSkewS = refusal.clockSkewS ?? null;
  }
}

/** The service does not know who asks: key, signature, clock or headers. */
export class AuthenticationError extends ApiError {}

/** The service knows who asks, and does not allow it. */
export class PermissionRefused extends ApiError {}

/** A parameter is missing, malformed or contradicts another; `parameter` names it. */
export class ParameterError extends ApiError {}

/** Too many calls. Those that may be repeated were repeated within the deadline. */
export class RateLimited extends ApiError {}

/** A fault of the service. Those calls that may be repeated were repeated within the deadline. */
export class ServiceFaultError extends ApiError {}

/** A use case said no. */
export class Refused extends ApiError {}

/** The class of a code. */
export type ErrorClass = new (refusal: Refusal) => ApiError;

/**
 * No answer came, and the service may or may not have done it. Nothing was paid twice, and nothing is lost.
 *
 * Find out before anything else is done about it: `client.resolve(entry)` with an entry of `client.unfinished()` where
 * the client has a journal; otherwise the same call with `{ requestId: error.requestId }` (card API), or with the same
 * reference (payout API), which does it once at most.
 */
export class OutcomeUnknown extends BursarError {
  constructor(
    /** For example `cards.recharge`. */
    readonly method: string,
    /** The id that every try had (card API); of the payout API an id of this library's own. */
    readonly requestId: string,
    /** The merchant's own number of the order (`payeeuid`, `thirdOrderNo`), if the call has one. */
    readonly reference: string | null,
    cause: unknown,
  ) {
    const named = reference === null ? "" : ` with reference ${JSON.stringify(reference)}`;
    const last = cause instanceof Error ? cause.message : String(cause);
    super(
      `${method}${named} has no known outcome (request id ${requestId}; last: ${last}). ` +
        "Settle it with client.resolve(), or repeat the same call with the same request id or reference.",
      { cause },
    );
  }
}

function worded(refusal: Refusal): string {
  const { code, message, parameter, clockSkewS } = refusal;
  const named = parameter && !message.includes(parameter) ? ` (${parameter})` : "";
  if (clockSkewS === null || clockSkewS === undefined) return `${code} ${message}${named}`;
  const way = clockSkewS > 0 ? "ahead of" : "behind";
  return `${code} ${message}${named} - this machine's clock is ${Math.abs(clockSkewS).toFixed(0)} s ${way} the service's: set it`;
}
