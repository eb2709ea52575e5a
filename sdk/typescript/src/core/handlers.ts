/** What the handlers of both frameworks have in common: from a push to the answer that it gets. */
import { WebhookInvalid } from "./errors.js";
import type { HeadersLike, PushAnswer } from "./webhooks.js";

/** The webhooks of a client: `bursar.webhooks` of either API. */
export interface Receiver<E> {
  parse(raw: Uint8Array, headers: HeadersLike, url: string): Promise<E>;
  respond(): PushAnswer;
}

/** What a handler may be told. */
export interface HandlerOptions {
  /**
   * The URL that the platform was told, where a proxy changes the path on the way: the payout API signs path and query.
   */
  readonly url?: string;
  /** Told of each push that was refused, to be logged; nothing of its content is known to be true. */
  readonly onRefused?: (refusal: WebhookInvalid) => void;
}

/**
 * The answer to one push. A wrong one gets 400; what `handle` throws is passed on, so that the framework answers 500 and
 * the platform pushes again.
 */
export async function received<E>(
  receiver: Receiver<E>,
  handle: (event: E) => Promise<void> | void,
  push: { readonly raw: Uint8Array; readonly headers: HeadersLike; readonly url: string },
  options: HandlerOptions,
): Promise<PushAnswer> {
  let event: E;
  try {
    event = await receiver.parse(push.raw, push.headers, options.url ?? push.url);
  } catch (fault) {
    if (!(fault instanceof WebhookInvalid)) throw fault;
    options.onRefused?.(fault);
    return { status: 400, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: `refused: ${fault.check}` };
  }
  await handle(event);
  return receiver.respond();
}
