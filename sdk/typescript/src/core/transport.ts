/** HTTP by the runtime's own `fetch`: one exchange, which knows if a request may have left this machine. */
import { setTimeout as sleep } from "node:timers/promises";
import { TransportFault, type HttpRequest, type HttpResponse, type Surroundings } from "./calls.js";

/** Faults that come before the first byte of a request. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_INVALID_URL",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** `fetch`, or one with the same form. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The world of a running program. `timeoutMs` is that of one exchange. */
export function surroundings(fetcher: Fetch, timeoutMs: number): Surroundings {
  return {
    send: (request, signal) => exchange(fetcher, request, timeoutMs, signal),
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined); // the next look at the signal ends it
    },
    now: Date.now,
    random: Math.random,
  };
}

async function exchange(
  fetcher: Fetch,
  request: HttpRequest,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  if (signal?.aborted) throw new TransportFault(false, signal.reason);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetcher(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body as RequestInit["body"] & (Uint8Array | null),
      redirect: "manual", // what is signed and encrypted for one address goes to no other
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    const body = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body };
  } catch (fault) {
    throw new TransportFault(!neverSent(fault), deepest(fault));
  }
}

function neverSent(fault: unknown): boolean {
  const cause = deepest(fault);
  return typeof cause === "object" && cause !== null && "code" in cause && NEVER_SENT.has(String(cause.code));
}

/** The reason: `fetch failed` says nothing. Of several addresses that were tried, the first one's. */
function deepest(fault: unknown): unknown {
  if (fault instanceof AggregateError && fault.errors.length > 0) return deepest(fault.errors[0]);
  return fault instanceof Error && fault.cause !== undefined ? deepest(fault.cause) : fault;
}
