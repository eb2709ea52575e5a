/** Answers of the sandbox's control API. Fields that stand in none of these types are there as they were sent. */
import type { Decimal } from "./core/decimal.js";

/** An object as it was answered. */
export type Json = Readonly<Record<string, unknown>>;

/** The answer of the host to the card network. */
export interface Authorization extends Json {
  readonly approved: boolean;
  readonly transactionId: string;
  /** Why it was declined; null of an approval. */
  readonly reason: string | null;
  readonly approvedAmount?: Decimal;
}

/** A 3-D Secure challenge. */
export interface Challenge extends Json {
  readonly transactionId: string;
  /** Of `mode: "otp"`: the code that the cardholder is sent. */
  readonly code?: string;
}

/** The sandbox's clock. */
export interface Clock extends Json {
  /** ISO 8601. */
  readonly now: string;
  /** All that was due by then is done. */
  readonly settled: boolean;
}

/** The books, recomputed from their entries. */
export interface LedgerCheck extends Json {
  readonly balanced: boolean;
  readonly differences: readonly unknown[];
}

/** A push in the delivery log. */
export interface Delivery extends Json {
  readonly id: string;
  readonly api: "card" | "payout";
  /** As on the wire. */
  readonly event: string;
  /** The order's, card's or customer's id. */
  readonly object: string;
  readonly sequence: number | null;
  /** Null where there is none. */
  readonly url: string | null;
  readonly plaintext: Json;
  /** `pending`, `delivered`, `failed` or `unsent`. */
  readonly status: string;
  readonly attempts: readonly Json[];
}

/** The delivery log, newest first. */
export interface Deliveries extends Json {
  readonly webhooks: readonly Delivery[];
}

/** Mails and text messages, newest first. */
export interface Outbox extends Json {
  readonly outbox: readonly Message[];
}

/** A mail or text message that would have gone out. */
export interface Message extends Json {
  readonly channel: string;
  readonly to: string;
  readonly text: string;
  readonly code: string | null;
}
