/** Events from the service's list: what a receiver has missed. */
import type { Endpoint } from "./calls.js";
import type { CallOptions, Caller } from "./client.js";
import { UnreadableAnswer } from "./errors.js";

type Row = Readonly<Record<string, unknown>>;

/**
 * The events from a number on, to the newest there is. Each page is asked for by the number that follows the last row,
 * so that it costs the same however many came before.
 */
export async function* catchUp<T>(
  caller: Caller,
  endpoint: Endpoint,
  names: readonly [from: string, size: string, most: number],
  first: number,
  options: CallOptions,
  read: (row: Row) => T,
): AsyncGenerator<T, void, undefined> {
  const [fromName, sizeName, most] = names;
  for (let next = first; ; ) {
    const pages = caller.pages<Row>(endpoint, { [fromName]: next, [sizeName]: most }, options).pages();
    const { value: page } = await pages.next();
    const rows = page?.items ?? [];
    for (const row of rows) yield read(row);
    if (rows.length < most) return;
    next = after(rows, next);
  }
}

function after(rows: readonly Row[], first: number): number {
  const last = Number(rows.at(-1)?.["sequence"]);
  if (!(last >= first)) throw new UnreadableAnswer("the list of events goes backwards");
  return last + 1;
}
