/** The card and wallet API: client, types, events, and an error class for each code. */
import { CardWire, type CardKeys } from "./core/card-wire.js";
import { Client, surroundingsOf, type CallOptions, type ClientOptions, type Settled } from "./core/client.js";
import { addressOf, checkAddress, checkFilled, fromEnvironment, partOf, readSandbox, type Environment } from "./core/config.js";
import { keyId, readPrivateKey, readPublicKey } from "./core/encryption.js";
import { ConfigurationError } from "./core/errors.js";
import type { Listing } from "./core/events.js";
import type { Entry } from "./core/journal.js";
import { catchUp } from "./core/listing.js";
import { sealedAnswer } from "./core/parameters.js";
import { cardPlaintext, type HeadersLike, type PushAnswer } from "./core/webhooks.js";
import { CARD_CODES } from "./generated/card-errors.js";
import * as resources from "./generated/card-resources.js";
import type { CardEvent } from "./generated/card-types.js";

export * from "./generated/card-errors.js";
export * from "./generated/card-resources.js";
export type * from "./generated/card-types.js";
export type { CardPush, Listing, UnknownCardEvent } from "./core/events.js";

/** Address and keys of a merchant. */
export interface CardConfig {
  /** Without a path, for example `https://api.example.com`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Used as the text that it is, never decoded. */
  readonly secretKey: string;
  /** Base64 DER or PEM: requests are encrypted to it. */
  readonly platformPublicKey: string;
  /** PKCS#8 PEM: answers and pushes are decrypted with it. */
  readonly merchantPrivateKey: string;
  /** Of the signature; 2. */
  readonly signVersion?: 1 | 2;
  /** The keys before this one: calls in the journal from their time are found and settled, with this one. */
  readonly earlier?: readonly Pick<CardConfig, "apiKey" | "secretKey">[];
}

const NAMES = {
  apiKey: "api_key",
  secretKey: "secret_key",
  platformPublicKey: "platform_public_key",
  merchantPrivateKey: "merchant_private_key",
} as const;
const SECRETS: readonly string[] = ["code"];

/**
 * A merchant's client.
 *
 *     const bursar = BursarCard.fromEnv();
 *     const order = await bursar.cards.recharge({ cardId: "101680210015", amount: "100.00" });
 *
 * One client serves any number of calls at once. It holds no connection that has to be closed.
 */
export class BursarCard {
  readonly merchant: resources.MerchantResource;
  readonly accounts: resources.AccountsResource;
  readonly funds: resources.FundsResource;
  readonly verifyPassword: resources.VerifyPasswordResource;
  readonly areas: resources.AreasResource;
  readonly files: resources.FilesResource;
  readonly groups: resources.GroupsResource;
  readonly rates: resources.RatesResource;
  readonly customers: resources.CustomersResource;
  readonly kyc: resources.KycResource;
  readonly products: resources.ProductsResource;
  readonly cards: resources.CardsResource;
  readonly orders: resources.OrdersResource;
  readonly wallet: resources.WalletResource;
  readonly deposits: resources.DepositsResource;
  readonly withdrawals: resources.WithdrawalsResource;
  readonly events: CardEvents;
  readonly webhooks: CardWebhooks;
  /** `kid` of both keys: compare them when something cannot be decrypted. */
  readonly keyIds: { readonly platform: string; readonly merchant: string };
  readonly #client: Client;

  /** Throws ConfigurationError for a key that is none. Nothing is sent. */
  constructor(options: CardConfig & ClientOptions) {
    const keys = keysOf(options);
    const around = surroundingsOf(options);
    const wire = new CardWire(keys, resources.CARD_ENDPOINTS, CARD_CODES, around.now);
    const secrets = [keys, ...(options.earlier ?? [])].map(({ apiKey, secretKey }) => ({ apiKey, secret: secretKey }));
    const client = new Client({ api: "card", secrets }, wire, options, around);
    this.#client = client;
    this.keyIds = Object.freeze({ platform: keyId(keys.platformKey), merchant: keyId(keys.merchantKey) });
    this.merchant = new resources.MerchantResource(client);
    this.accounts = new resources.AccountsResource(client);
    this.funds = new resources.FundsResource(client);
    this.verifyPassword = new resources.VerifyPasswordResource(client);
    this.areas = new resources.AreasResource(client);
    this.files = new resources.FilesResource(client);
    this.groups = new resources.GroupsResource(client);
    this.rates = new resources.RatesResource(client);
    this.customers = new resources.CustomersResource(client);
    this.kyc = new resources.KycResource(client);
    this.products = new resources.ProductsResource(client);
    this.cards = new resources.CardsResource(client);
    this.orders = new resources.OrdersResource(client);
    this.wallet = new resources.WalletResource(client);
    this.deposits = new resources.DepositsResource(client);
    this.withdrawals = new resources.WithdrawalsResource(client);
    this.events = new CardEvents(client);
    this.webhooks = new CardWebhooks(client, keys);
    Object.freeze(this);
  }

  /** The sandbox's merchant, by the path of its `sandbox.json` or that file's folder, else `BURSAR_SANDBOX`. */
  static fromSandbox(path?: string, options: ClientOptions & Pick<CardConfig, "signVersion" | "earlier"> = {}): BursarCard {
    const sandbox = readSandbox(path);
    return new BursarCard({ baseUrl: addressOf(sandbox), ...partOf(sandbox, "card", NAMES), ...options });
  }

  /**
   * From `BURSAR_BASE_URL` and `BURSAR_CARD_API_KEY`, `…_SECRET_KEY`, `…_PLATFORM_PUBLIC_KEY`,
   * `…_MERCHANT_PRIVATE_KEY`, and `BURSAR_SANDBOX` for what is missing. Throws ConfigurationError.
   */
  static fromEnv(options: ClientOptions & Pick<CardConfig, "signVersion" | "earlier"> & { readonly environment?: Environment } = {}): BursarCard {
    const { environment = process.env, ...rest } = options;
    return new BursarCard({ ...fromEnvironment("card", NAMES, environment), ...rest });
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
   * service cannot be reached, and with JournalError where the entry cannot be read.
   */
  resolve(entry: Entry): Promise<Settled> {
    return this.#client.resolve(entry);
  }
}

/** `card.events`: list, catchUp. */
export class CardEvents extends resources.EventsResource {
  readonly #client: Client;

  constructor(client: Client) {
    super(client);
    this.#client = client;
  }

  /**
   * The events with this number and later ones, oldest first, as the service lists them: 90 days back. Take each with
   * `Sequence.take`, since a push may have brought it already.
   */
  catchUp(fromSequence: number, options: CallOptions = {}): AsyncGenerator<CardEvent & Listing, void, undefined> {
    const endpoint = resources.CARD_ENDPOINTS["events.list"];
    return catchUp(this.#client, endpoint, ["fromSequence", "pageSize", 50], fromSequence, options, detailed);
  }
}

/** `card.webhooks`: get, update, replay, and parse and respond for pushes. */
export class CardWebhooks extends resources.WebhooksResource {
  readonly #keys: CardKeys;

  constructor(client: Client, keys: CardKeys) {
    super(client);
    this.#keys = keys;
  }

  /**
   * The event of a push: decrypted, verified, typed.
   *
   * `raw` is the body as it came, in bytes; `headers` in any case of letters. Rejects with WebhookInvalid, which says
   * which check failed: answer that with HTTP 400.
   */
  async parse(raw: Uint8Array, headers: HeadersLike): Promise<CardEvent> {
    return sealedAnswer((await cardPlaintext(this.#keys, raw, headers)) as unknown as CardEvent, SECRETS);
  }

  /** The answer that counts as received, within 5 s of the push: anything else is pushed again. */
  respond(): PushAnswer {
    return { status: 200, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: "SUCCESS" };
  }
}

function detailed(row: Readonly<Record<string, unknown>>): CardEvent & Listing {
  const { detail } = row;
  const read = typeof detail === "string" ? { ...row, detail: JSON.parse(detail) as unknown } : row;
  return sealedAnswer(read as unknown as CardEvent & Listing, SECRETS);
}

function keysOf(config: CardConfig & ClientOptions): CardKeys {
  checkAddress(config.baseUrl);
  checkFilled("apiKey", config.apiKey);
  checkFilled("secretKey", config.secretKey);
  const { signVersion = 2 } = config;
  if (signVersion !== 1 && signVersion !== 2) throw new ConfigurationError("signVersion is 1 or 2");
  return {
    baseUrl: config.baseUrl,
    apiKey: config.apiKey,
    secretKey: config.secretKey,
    platformKey: readPublicKey(config.platformPublicKey, "platformPublicKey"),
    merchantKey: readPrivateKey(config.merchantPrivateKey, "merchantPrivateKey"),
    signVersion,
    language: config.language ?? null,
  };
}
