/** Lists: an async iterator over all rows, which asks for each page when it is needed. */
import type { Answer, Params } from "./calls.js";

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** From 1. */
  readonly number: number;
  readonly isLast: boolean;
  /** Rows of all pages, where the service says it. */
  readonly total: number | null;
}

/**
 * The rows of a list.
 *
 *     for await (const card of bursar.cards.list({ customerNo })) …
 */
export class Pages<T> implements AsyncIterable<T> {
  readonly #params: Params;
  readonly #names: readonly [number: string, size: string, most: number];
  readonly #read: (params: Params) => Promise<Page<T>>;

  constructor(params: Params, inLowerCase: boolean, read: (params: Params) => Promise<Page<T>>) {
    this.#params = params;
    this.#names = inLowerCase ? ["pageno", "pagesize", 100] : ["pageNo", "pageSize", 50];
    this.#read = read;
  }

  /** Row by row. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.items;
  }

  /** Page by page. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    const [numberName, sizeName, most] = this.#names;
    const size = this.#params[sizeName] ?? most;
    for (let number = Number(this.#params[numberName] ?? 1); ; number += 1) {
      const page = await this.#read({ ...this.#params, [numberName]: number, [sizeName]: size });
      yield page;
      if (page.isLast) return;
    }
  }

  /** The first row, or undefined. */
  async first(): Promise<T | undefined> {
    for await (const item of this) return item;
    return undefined;
  }

  /** All rows in one array, `limit` at most. */
  async all(options: { readonly limit?: number } = {}): Promise<readonly T[]> {
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const items: T[] = [];
    for await (const item of this) {
      if (items.length >= limit) break;
      items.push(item);
    }
    return Object.freeze(items);
  }
}

/** The page in an answer: the card API has an object with the counts, the payout API an array and headers. */
export function pageOf<T>(answer: Answer, asked: Params): Page<T> {
  const number = Number(asked["pageNo"] ?? asked["pageno"]);
  const size = Number(asked["pageSize"] ?? asked["pagesize"]);
  if (!Array.isArray(answer.data)) {
    const { list = [], totalPages, totalSize } = (answer.data ?? {}) as Record<string, unknown>;
    return { items: list as T[], number, isLast: number >= Number(totalPages ?? 0), total: Number(totalSize ?? 0) };
  }
  const items = answer.data as T[];
  const pages = answer.headers.get("v-page-count");
  const total = answer.headers.get("v-total-count");
  const isLast = pages === null ? items.length < size : number >= Number(pages);
  return { items, number, isLast, total: total === null ? null : Number(total) };
}
