/** The payout and OTP API: client, types, events, and an error class for each code. */
import { Client, surroundingsOf, type CallOptions, type ClientOptions, type Settled } from "./core/client.js";
import { addressOf, checkAddress, checkFilled, fromEnvironment, partOf, readSandbox, type Environment } from "./core/config.js";
import { keyId, readPrivateKey, readPublicKey, SEALED_FIELDS } from "./core/encryption.js";
import type { Listing } from "./core/events.js";
import type { Entry } from "./core/journal.js";
import { catchUp } from "./core/listing.js";
import { sealedAnswer } from "./core/parameters.js";
import { PayoutWire, type PayoutKeys } from "./core/payout-wire.js";
import type { PayoutVersion } from "./core/signing.js";
import { payoutPlaintext, type HeadersLike, type PushAnswer } from "./core/webhooks.js";
import { PAYOUT_CODES } from "./generated/payout-errors.js";
import * as resources from "./generated/payout-resources.js";
import type { PayoutEvent } from "./generated/payout-types.js";

export * from "./generated/payout-errors.js";
export * from "./generated/payout-resources.js";
export type * from "./generated/payout-types.js";
export type { Listing, PayoutPush, UnknownPayoutEvent } from "./core/events.js";
export type { PayoutVersion } from "./core/signing.js";

/** Address and keys of a merchant. Calls are signed and sealed by version 2. */
export interface PayoutConfig {
  /** Without a path, for example `https://api.example.com`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Base64 DER or PEM: answers and callbacks are signed with its private half, fields are sealed to it. */
  readonly systemPublicKey: string;
  /** While the platform changes its key: the one before or after, whose signatures are accepted as well. */
  readonly otherSystemPublicKey?: string;
  /** PKCS#8 PEM: signs requests, opens sealed fields. */
  readonly merchantPrivateKey: string;
  /** Versions of callbacks that are accepted; 2 alone. Version 1 is MD5: accept it only while you must. */
  readonly callbackVersions?: readonly PayoutVersion[];
  /** The keys before this one: calls in the journal from their time are found and settled, with this one. */
  readonly earlier?: readonly Pick<PayoutConfig, "apiKey" | "merchantPrivateKey">[];
}

const NAMES = {
  apiKey: "api_key",
  systemPublicKey: "system_public_key",
  merchantPrivateKey: "merchant_private_key",
} as const;
const SECRETS: readonly string[] = [...SEALED_FIELDS];

/**
 * A merchant's client.
 *
 *     const bursar = BursarPayout.fromEnv();
 *     const order = await bursar.tickets.create({
 *       mercustomid: "m-1", payeeuid: "p-1", amount: "100.00", currency: "SAR", paymentmethod: "bankTransfer",
 *     });
 *
 * One client serves any number of calls at once. It holds no connection that has to be closed.
 */
export class BursarPayout {
  readonly balances: resources.BalancesResource;
  readonly banks: resources.BanksResource;
  readonly exchangeRates: resources.ExchangeRatesResource;
  readonly customers: resources.CustomersResource;
  readonly tickets: resources.TicketsResource;
  readonly statements: resources.StatementsResource;
  readonly otp: resources.OtpResource;
  readonly events: PayoutEvents;
  readonly webhooks: PayoutWebhooks;
  /** Hex SHA-256 of the PEM of both keys. */
  readonly keyIds: { readonly system: string; readonly merchant: string };
  readonly #client: Client;

  /** Throws ConfigurationError for a key that is none. Nothing is sent. */
  constructor(options: PayoutConfig & ClientOptions) {
    const keys = keysOf(options);
    const around = surroundingsOf(options);
    const wire = new PayoutWire(keys, resources.PAYOUT_ENDPOINTS, PAYOUT_CODES, resources.PAYOUT_DECIMALS, around.now);
    const before = (options.earlier ?? []).map(({ apiKey, merchantPrivateKey }) => ({
      apiKey,
      merchantKey: readPrivateKey(merchantPrivateKey, "merchantPrivateKey"),
    }));
    const secrets = [keys, ...before].map(({ apiKey, merchantKey }) => ({
      apiKey,
      secret: merchantKey.export({ type: "pkcs8", format: "der" }),
    }));
    const client = new Client({ api: "payout", secrets }, wire, options, around);
    this.#client = client;
    this.keyIds = Object.freeze({ system: keyId(keys.systemKeys[0]), merchant: keyId(keys.merchantKey) });
    this.balances = new resources.BalancesResource(client);
    this.banks = new resources.BanksResource(client);
    this.exchangeRates = new resources.ExchangeRatesResource(client);
    this.customers = new resources.CustomersResource(client);
    this.tickets = new resources.TicketsResource(client);
    this.statements = new resources.StatementsResource(client);
    this.otp = new resources.OtpResource(client);
    this.events = new PayoutEvents(client);
    this.webhooks = new PayoutWebhooks(client, wire, options.callbackVersions ?? [2]);
    Object.freeze(this);
  }

  /** The sandbox's merchant, by the path of its `sandbox.json` or that file's folder, else `BURSAR_SANDBOX`. */
  static fromSandbox(path?: string, options: ClientOptions & Pick<PayoutConfig, "callbackVersions" | "earlier"> = {}): BursarPayout {
    const sandbox = readSandbox(path);
    const callbackVersions = [1, 2] as const; // a sandbox begins with version 1, as old clients know it
    const own = partOf(sandbox, "payout", NAMES);
    return new BursarPayout({ baseUrl: addressOf(sandbox), callbackVersions, ...own, ...options });
  }

  /**
   * From `BURSAR_BASE_URL` and `BURSAR_PAYOUT_API_KEY`, `…_SYSTEM_PUBLIC_KEY`, `…_MERCHANT_PRIVATE_KEY`, and
   * `BURSAR_SANDBOX` for what is missing. Throws ConfigurationError.
   */
  static fromEnv(options: ClientOptions & Pick<PayoutConfig, "earlier"> & { readonly environment?: Environment } = {}): BursarPayout {
    const { environment = process.env, ...rest } = options;
    return new BursarPayout({ ...fromEnvironment("payout", NAMES, environment), ...rest });
  }

  /**
   * Calls in the journal that have not ended, oldest first; with `olderThanMs` none that may still be running in
   * another process. Rejects with JournalError.
   */
  unfinished(options: { readonly olderThanMs?: number } = {}): Promise<readonly Entry[]> {
    return this.#client.unfinished(options);
  }

  /**
   * Settle a call of `unfinished()`: it is carried out once, now or before. Rejects with OutcomeUnknown while the
   * service cannot be reached, or where a request that was sent may still arrive, and with JournalError where the entry
   * cannot be read.
   */
  resolve(entry: Entry): Promise<Settled> {
    return this.#client.resolve(entry);
  }
}

/** `payout.events`: list, catchUp. */
export class PayoutEvents extends resources.EventsResource {
  readonly #client: Client;

  constructor(client: Client) {
    super(client);
    this.#client = client;
  }

  /**
   * The events with this number and later ones, oldest first, as the service lists them: 90 days back. Take each with
   * `Sequence.take`, since a callback may have brought it already.
   */
  catchUp(fromSequence: number, options: CallOptions = {}): AsyncGenerator<PayoutEvent & Listing, void, undefined> {
    const endpoint = resources.PAYOUT_ENDPOINTS["events.list"];
    const read = (row: object): PayoutEvent & Listing => row as PayoutEvent & Listing;
    return catchUp(this.#client, endpoint, ["fromsequence", "pagesize", 100], fromSequence, options, read);
  }
}

/** `payout.webhooks`: get, update, replay, and parse and respond for callbacks. */
export class PayoutWebhooks extends resources.WebhooksResource {
  readonly #wire: PayoutWire;
  readonly #versions: readonly PayoutVersion[];

  constructor(client: Client, wire: PayoutWire, versions: readonly PayoutVersion[]) {
    super(client);
    this.#wire = wire;
    this.#versions = versions;
  }

  /**
   * The event of a callback: verified, its sensitive fields opened, typed.
   *
   * `raw` is the body as it came, in bytes; `url` the callback URL that the platform was told, or path and query of it,
   * which the signature covers. Rejects with WebhookInvalid, which says which check failed: answer that with HTTP 400.
   */
  async parse(raw: Uint8Array, headers: HeadersLike, url: string): Promise<PayoutEvent> {
    const accepts = { versions: this.#versions, decimals: resources.PAYOUT_DECIMALS, nowMs: Date.now() };
    const plaintext = payoutPlaintext(this.#wire, raw, headers, url, accepts);
    return sealedAnswer(plaintext as unknown as PayoutEvent, SECRETS);
  }

  /** The answer that counts as received: HTTP 200. */
  respond(): PushAnswer {
    return { status: 200, headers: {}, body: "" };
  }
}

function keysOf(config: PayoutConfig & ClientOptions): PayoutKeys {
  checkAddress(config.baseUrl);
  checkFilled("apiKey", config.apiKey);
  const other = config.otherSystemPublicKey;
  return {
    baseUrl: config.baseUrl,
    apiKey: config.apiKey,
    systemKeys: [
      readPublicKey(config.systemPublicKey, "systemPublicKey"),
      ...(other === undefined ? [] : [readPublicKey(other, "otherSystemPublicKey")]),
    ],
    merchantKey: readPrivateKey(config.merchantPrivateKey, "merchantPrivateKey"),
    language: config.language ?? null,
  };
}
