/** What every event has, and those that this version of the library does not know. */

/** An event of the card and wallet API. */
export interface CardPush {
  /** The published name. */
  readonly event: string;
  /** Equal for all events of one transaction. */
  readonly trace: string;
  /** Unique for each push and kept when it is pushed again. */
  readonly orderNo: string;
  /** When it was pushed first. Unix milliseconds. */
  readonly timestamp: number;
  /** Counts the merchant's events without gaps; absent of a challenge and of an example. */
  readonly sequence?: number;
  /** True of a sandbox's example, of which nothing has happened. */
  readonly example?: boolean;
}

/** An event of the payout API. */
export interface PayoutPush {
  /** The published name. */
  readonly event: string;
  /** When it happened. Unix seconds. */
  readonly time: number;
  /** Counts the merchant's events without gaps; absent of a challenge and of an example. */
  readonly sequence?: number;
  /** True of a sandbox's example, of which nothing has happened. */
  readonly example?: boolean;
}

/** An event of the card API that this version of the library does not know. */
export interface UnknownCardEvent extends CardPush {
  readonly detail?: unknown;
}

/** An event of the payout API that this version of the library does not know. */
export interface UnknownPayoutEvent extends PayoutPush {
  readonly data?: unknown;
}

/** What an event has besides when it is listed. */
export interface Listing {
  /** `pending`, `delivered`, `failed` or `unsent`. */
  readonly status: string;
}
