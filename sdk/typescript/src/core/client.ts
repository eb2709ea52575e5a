/** The part of both clients that is alike: options, calls, pages, the journal. */
import {
  Call,
  mintRequestId,
  type Answer,
  type Endpoint,
  type Params,
  type Surroundings,
  type Wire,
} from "./calls.js";
import { ApiError, BursarError, JournalError, OutcomeUnknown, UnreadableAnswer } from "./errors.js";
import { journalKey, openParams, sealParams, type Entry, type Journal } from "./journal.js";
import { Pages, pageOf } from "./pages.js";
import { checkedParams, sealedAnswer } from "./parameters.js";
import { surroundings, type Fetch } from "./transport.js";

/** How a client behaves; everything may be left out. */
export interface ClientOptions {
  /** Calls that change something are written down here before they are sent. */
  readonly journal?: Journal;
  /** Milliseconds of one try; 30,000. */
  readonly timeoutMs?: number;
  /** Milliseconds of all tries of one call together; 60,000. A try begins only before it. */
  readonly deadlineMs?: number;
  /** `en`, `zh` or `ar`: the language of texts of codes. */
  readonly language?: string;
  /** In place of the runtime's own. */
  readonly fetch?: Fetch;
}

/** What a single call may have. */
export interface CallOptions {
  /**
   * The request id (card API): 1 to 64 visible ASCII characters. Give the one of an `OutcomeUnknown` to repeat that
   * call; it is made for you otherwise.
   */
  readonly requestId?: string;
  /** Milliseconds of all tries together. */
  readonly deadlineMs?: number;
  /** Ends the call; what was sent may still be carried out, which `OutcomeUnknown` says. */
  readonly signal?: AbortSignal;
}

/** The end of a call that a crash or a fault had left open. */
export type Settled =
  | { readonly entry: Entry; readonly done: true; readonly value: unknown; readonly error: null }
  | { readonly entry: Entry; readonly done: false; readonly value: null; readonly error: ApiError };

/** A client as its resources see it. */
export interface Caller {
  call<T>(endpoint: Endpoint, params: object, options?: CallOptions): Promise<T>;
  pages<T>(endpoint: Endpoint, params: object, options?: CallOptions): Pages<T>;
}

/** The service keeps request ids for 30 days; a day before that they are not relied on any more. */
const KEPT_MS = 29 * 86_400_000;
const TIMEOUT_MS = 30_000;
const DEADLINE_MS = 60_000;

/** The surroundings that options ask for; tests replace some of them. */
export function surroundingsOf(options: ClientOptions): Surroundings {
  return surroundings(options.fetch ?? ((url, init) => fetch(url, init)), options.timeoutMs ?? TIMEOUT_MS);
}

/** A key of the merchant's, and bytes that nobody else has. */
interface Secret {
  readonly apiKey: string;
  readonly secret: string | Uint8Array;
}

export class Client implements Caller {
  readonly #wire: Wire;
  readonly #around: Surroundings;
  readonly #options: ClientOptions;
  readonly #owner: { readonly api: Entry["api"]; readonly apiKey: string };
  readonly #journalKeys: readonly { readonly apiKey: string; readonly key: Buffer }[];

  /** `secrets`: each key with its secret, the present one first and then those that were before. */
  constructor(
    owner: { readonly api: Entry["api"]; readonly secrets: readonly Secret[] },
    wire: Wire,
    options: ClientOptions,
    around: Surroundings,
  ) {
    this.#journalKeys = owner.secrets.map(({ apiKey, secret }) => ({ apiKey, key: journalKey(secret) }));
    this.#owner = { api: owner.api, apiKey: this.#journalKeys[0]!.apiKey };
    this.#wire = wire;
    this.#options = options;
    this.#around = around;
  }

  /** Any endpoint; the methods of the resources are typed and call this. */
  async call<T>(endpoint: Endpoint, params: object, options: CallOptions = {}): Promise<T> {
    const { data } = await this.#answer(endpoint, params as Params, options);
    return sealedAnswer(data, endpoint.secrets) as T;
  }

  /** The rows of all pages, each page asked for when it is needed. */
  pages<T>(endpoint: Endpoint, params: object, options: CallOptions = {}): Pages<T> {
    return new Pages<T>(params as Params, endpoint.verb === "GET", async (asked) => {
      const answer = await this.#answer(endpoint, asked, options);
      return sealedAnswer(pageOf<T>(answer, asked), endpoint.secrets);
    });
  }

  /** Calls in the journal that have not ended, oldest first. */
  async unfinished(options: { readonly olderThanMs?: number } = {}): Promise<readonly Entry[]> {
    const before = this.#around.now() - (options.olderThanMs ?? 0);
    const entries: Entry[] = [];
    for (const apiKey of new Set(this.#journalKeys.map((each) => each.apiKey))) {
      entries.push(...(await this.#journal.unfinished(this.#owner.api, apiKey)));
    }
    return entries.filter((entry) => entry.begunAt <= before).sort((one, other) => one.begunAt - other.begunAt);
  }

  /** Finish the call of an entry: it is carried out once, now or before. */
  async resolve(entry: Entry): Promise<Settled> {
    const endpoint = this.#wire.endpoints[entry.method];
    if (endpoint === undefined) throw new JournalError(`no method ${entry.method} in this version of the library`);
    const params = openParams(this.#journalKeys.map((each) => each.key), entry);
    if (endpoint.repeat === "id" && entry.reference === null && this.#around.now() - entry.begunAt > KEPT_MS) {
      const why = new JournalError("older than 29 days: the service may have forgotten its id; look it up by hand");
      throw new OutcomeUnknown(entry.method, entry.requestId, null, why);
    }
    const deadlineMs = this.#options.deadlineMs ?? DEADLINE_MS;
    const call = new Call(this.#wire, this.#around, endpoint, params, entry.requestId, deadlineMs, undefined, entry.until);
    try {
      const answer = await this.#ended(entry.requestId, async () => (await call.found()) ?? (await call.run()));
      return { entry, done: true, value: sealedAnswer(answer.data, endpoint.secrets), error: null };
    } catch (error) {
      if (error instanceof ApiError) return { entry, done: false, value: null, error };
      throw error;
    }
  }

  async #answer(endpoint: Endpoint, params: Params, options: CallOptions): Promise<Answer> {
    const checked = checkedParams(endpoint, params);
    const requestId = options.requestId ?? mintRequestId();
    const deadlineMs = options.deadlineMs ?? this.#options.deadlineMs ?? DEADLINE_MS;
    const call = new Call(this.#wire, this.#around, endpoint, checked, requestId, deadlineMs, options.signal);
    const recorded = endpoint.repeat !== "read" && endpoint.repeat !== "never" && !endpoint.form;
    if (this.#options.journal === undefined || !recorded) return call.run();
    await this.#journal.begin(this.#entry(call, deadlineMs));
    return this.#ended(requestId, () => call.run());
  }

  /** The work, and then the entry's end; it stays open while the outcome is unknown. */
  async #ended(requestId: string, work: () => Promise<Answer>): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await work();
    } catch (fault) {
      const isOpen = fault instanceof OutcomeUnknown || (fault instanceof UnreadableAnswer && !fault.again);
      if (fault instanceof BursarError && !isOpen) await this.#journal.end(requestId, "refused");
      throw fault;
    }
    await this.#journal.end(requestId, "done");
    return answer;
  }

  #entry(call: Call, deadlineMs: number): Entry {
    const now = this.#around.now();
    return {
      requestId: call.requestId,
      ...this.#owner,
      method: call.endpoint.name,
      reference: call.reference,
      begunAt: now,
      until: now + deadlineMs + (this.#options.timeoutMs ?? TIMEOUT_MS),
      sealed: sealParams(this.#journalKeys[0]!.key, call.requestId, call.params),
    };
  }

  get #journal(): Journal {
    const { journal } = this.#options;
    if (journal === undefined) {
      throw new JournalError('the client has no journal: give it one, { journal: new FileJournal("bursar.journal") }');
    }
    return journal;
  }
}
