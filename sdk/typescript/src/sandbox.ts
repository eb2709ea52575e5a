/** The sandbox's control API: plays customers, the card network, banks and chains, and moves time. */
import { setTimeout as sleep } from "node:timers/promises";
import { addressOf, checkAddress, checkFilled, readSandbox } from "./core/config.js";
import { SandboxRefused } from "./core/errors.js";
import { exactly, parseJson } from "./core/json.js";
import { checkedParams } from "./core/parameters.js";
import { CONTROL_FRACTIONS, type Delivery, SandboxCalls } from "./generated/control.js";

export type * from "./generated/control.js";

export interface SandboxConfig {
  /** Without a path, for example `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** `sandbox_token` of `sandbox.json`. */
  readonly token: string;
  /** Whose world it is; the first merchant's if it is left out. */
  readonly merchantNo?: string;
}

/** What `waitFor` looks for besides the name. */
export interface WaitOptions {
  /**
   * What the event is about: the card's id, the order's for CA_APPLY and CS_APPROVED, the customer's, the withdrawal's.
   */
  readonly object?: string;
  /** True for the push that is wanted. */
  readonly where?: (push: Delivery) => boolean;
  /** 30,000. */
  readonly timeoutMs?: number;
}

const POLL_MS = 50;

/**
 * Every call of the control API.
 *
 *     const sandbox = Sandbox.fromSandbox();
 *     await sandbox.decideKyc({ customerNo, result: "approved" });
 *     await sandbox.waitFor("KS_KYC", { object: customerNo });
 *
 * A refusal rejects with SandboxRefused.
 */
export class Sandbox extends SandboxCalls {
  constructor(config: SandboxConfig) {
    checkAddress(config.baseUrl);
    checkFilled("token", config.token);
    super((verb, path, params, query) => send(config, verb, path, params, query));
  }

  /** By the path of `sandbox.json` or of its folder, else `BURSAR_SANDBOX`. */
  static fromSandbox(path?: string, options: Pick<SandboxConfig, "merchantNo"> = {}): Sandbox {
    const file = readSandbox(path);
    return new Sandbox({ baseUrl: addressOf(file), token: String(file["sandbox_token"] ?? ""), ...options });
  }

  /**
   * The newest push of an event, in clear, as soon as the delivery log has one; whether or not there is a URL for it.
   * Rejects with an Error that names what came instead.
   */
  async waitFor(event: string, options: WaitOptions = {}): Promise<Delivery> {
    const { object, where = () => true, timeoutMs = 30_000 } = options;
    const ends = Date.now() + timeoutMs;
    for (;;) {
      const { webhooks } = await this.listWebhooks({ event, ...(object === undefined ? {} : { object }) });
      const found = webhooks.find(where);
      if (found !== undefined) return found;
      if (Date.now() > ends) throw new Error(await this.#nothing(event, timeoutMs));
      await sleep(POLL_MS);
    }
  }

  async #nothing(event: string, timeoutMs: number): Promise<string> {
    const { webhooks } = await this.listWebhooks({ limit: 10 });
    const came = webhooks.map((push) => `${push.event} of ${push.object}`);
    return `no ${event} within ${timeoutMs} ms; the last pushes: ${came.join(", ") || "none"}`;
  }
}

async function send(
  config: SandboxConfig,
  verb: string,
  path: string,
  params: object,
  query: readonly string[],
): Promise<unknown> {
  const rest: Record<string, unknown> = { ...checkedParams({ name: path, verb: "POST", path, repeat: "never" }, { ...params }, CONTROL_FRACTIONS) };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(take(rest, name)));
  const asked = new URLSearchParams();
  for (const name of query) if (name in rest) asked.append(name, take(rest, name));
  const url = `${config.baseUrl}${filled}${asked.size > 0 ? `?${asked}` : ""}`;
  const bodiless = verb === "GET" || (verb === "DELETE" && Object.keys(rest).length === 0);
  const response = await fetch(url, {
    method: verb,
    headers: {
      Authorization: `Bearer ${config.token}`,
      ...(config.merchantNo === undefined ? {} : { "X-Sandbox-Merchant": config.merchantNo }),
      ...(bodiless ? {} : { "Content-Type": "application/json" }),
    },
    ...(bodiless ? {} : { body: JSON.stringify(rest) }),
  });
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return text === "" ? {} : parseJson(text, exactly(new Set()));
}

function take(params: Record<string, unknown>, name: string): string {
  const value = String(params[name]);
  delete params[name];
  return value;
}

function refusal(status: number, text: string): SandboxRefused {
  try {
    const { error, detail } = JSON.parse(text) as { error?: unknown; detail?: unknown };
    return new SandboxRefused(status, String(error), String(detail));
  } catch {
    return new SandboxRefused(status, "unreadable", text.slice(0, 200));
  }
}
