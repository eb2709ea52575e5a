/**
 * Client for Bursar: prepaid cards and a stablecoin wallet ({@link BursarCard}), payouts and one-time passwords
 * ({@link BursarPayout}). Types and error classes of each API are in `@bursar/sdk/card` and `@bursar/sdk/payout`.
 */
export { BursarCard, type CardConfig } from "./card.js";
export { BursarPayout, type PayoutConfig } from "./payout.js";
export { mintRequestId } from "./core/calls.js";
export type { CallOptions, ClientOptions, Settled } from "./core/client.js";
export { addDecimals, compareDecimals, decimal, isDecimal, type Decimal } from "./core/decimal.js";
export * from "./core/errors.js";
export { FileJournal, MemoryJournal, type Entry, type Journal } from "./core/journal.js";
export { Pages, type Page } from "./core/pages.js";
export type { FileInput } from "./core/parameters.js";
export { Sequence, type SequenceState } from "./core/sequence.js";
export type { Fetch } from "./core/transport.js";
export { VERSION } from "./core/version.js";
export type { HeadersLike, PushAnswer } from "./core/webhooks.js";
