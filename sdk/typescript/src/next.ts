/** A handler of pushes for Next, and for anything else that speaks web `Request` and `Response`. */
import { received, type HandlerOptions, type Receiver } from "./core/handlers.js";

export type { HandlerOptions, Receiver } from "./core/handlers.js";

/**
 * A route handler.
 *
 *     // app/hooks/card/route.ts
 *     export const runtime = "nodejs";
 *     export const POST = webhookRoute(bursar.webhooks, async (event) => { … });
 *
 * The push is answered when `handle` has resolved: keep the event and return, within 5 s. If it rejects, the answer is
 * 500 and the platform pushes again. Events may come twice: tell them apart by `Sequence.take(event.sequence)`.
 */
export function webhookRoute<E>(
  receiver: Receiver<E>,
  handle: (event: E) => Promise<void> | void,
  options: HandlerOptions = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const raw = new Uint8Array(await request.arrayBuffer());
    const answer = await received(receiver, handle, { raw, headers: request.headers, url: request.url }, options);
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };
}
