/** A handler of pushes for Express. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { received, type HandlerOptions, type Receiver } from "./core/handlers.js";
import { WebhookInvalid } from "./core/errors.js";

export type { HandlerOptions, Receiver } from "./core/handlers.js";

/** What Express adds to a request of Node. */
export interface ExpressRequest extends IncomingMessage {
  readonly body?: unknown;
  readonly originalUrl?: string;
}

const BODY_BYTES_MAX = 2 * 1024 * 1024;

/**
 * A handler for one path; it reads the raw body itself, so put it before any `express.json()`, or use `express.raw`.
 *
 *     app.post("/hooks/card", webhookHandler(bursar.webhooks, async (event) => { … }));
 *
 * The push is answered when `handle` has resolved: keep the event and return, within 5 s. If it rejects, the platform
 * pushes again. Events may come twice: tell them apart by `Sequence.take(event.sequence)`.
 */
export function webhookHandler<E>(
  receiver: Receiver<E>,
  handle: (event: E) => Promise<void> | void,
  options: HandlerOptions = {},
): (request: ExpressRequest, response: ServerResponse, next: (fault?: unknown) => void) => Promise<void> {
  return async (request, response, next) => {
    try {
      const raw = await rawBody(request);
      const url = request.originalUrl ?? request.url ?? "/";
      const answer = await received(receiver, handle, { raw, headers: request.headers, url }, options);
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch (fault) {
      next(fault);
    }
  };
}

async function rawBody(request: ExpressRequest): Promise<Uint8Array> {
  if (request.body instanceof Uint8Array) return request.body;
  if (request.body !== undefined || request.readableEnded) {
    const wanted = "mount this handler before express.json(), or use express.raw({ type: () => true })";
    throw new WebhookInvalid("body", `the body was parsed before it came here: ${wanted}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new WebhookInvalid("body", `more than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
