/**
 * A server of both APIs that pays once for each request id or reference, and makes faults around it: it drops, delays,
 * refuses for now, and answers garbage, before or after it has paid. It opens and verifies what clients send by the keys
 * of the vectors.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BursarCard, BursarPayout, type ClientOptions } from "../src/index.js";
import { decryptToken, encryptToken } from "../src/core/encryption.js";
import { cardStringV2, payoutSignature, verifyCardSignature, verifyPayoutSignature } from "../src/core/signing.js";
import { FILE, key } from "./vectors.js";

export type Fault =
  | "none"
  | "drop-before"
  | "drop-after"
  | "fault-before"
  | "fault-after"
  | "busy"
  | "running"
  | "garbage-after"
  | "late"
  | "half-after";

export interface Payment {
  readonly id: string;
  readonly amount: string;
}

/** Called at each step of a request; tests kill clients here. */
export type Watch = (step: "arrived" | "paid" | "answered", requestId: string) => Promise<void> | void;

export class FaultyServer {
  readonly payments: Payment[] = [];
  /** Request ids or references in the order in which they came. */
  readonly seen: string[] = [];
  readonly timestamps: string[] = [];
  readonly refused: string[] = [];
  /** The faults of the next requests, by the reference of the call; afterwards there is none. */
  faults: (reference: string) => Fault = () => "none";
  watch: Watch = () => undefined;
  readonly #answers = new Map<string, object>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  card(options: ClientOptions = {}): BursarCard {
    return new BursarCard({
      baseUrl: this.baseUrl,
      apiKey: FILE.card.api_key,
      secretKey: FILE.card.secret_key,
      platformPublicKey: key("platform").der,
      merchantPrivateKey: key("merchant").pem,
      ...options,
    });
  }

  payout(options: ClientOptions = {}): BursarPayout {
    return new BursarPayout({
      baseUrl: this.baseUrl,
      apiKey: FILE.payout.api_key,
      systemPublicKey: key("system").der,
      merchantPrivateKey: key("merchant").pem,
      ...options,
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (request.url?.startsWith("/openApi/")) await this.#servePayout(request, response, body);
    else await this.#serveCard(request, response, body);
  }

  async #serveCard(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const [id, timestamp, sign] = ["requestid", "timestamp", "sign"].map((name) => String(request.headers[`x-upa-${name}`]));
    const text = cardStringV2(request.method!, request.url!, timestamp!, id!, body);
    if (!verifyCardSignature(FILE.card.secret_key, text, sign!)) this.refused.push(id!);
    const { payload } = JSON.parse(body.toString()) as { payload?: string };
    const params = JSON.parse(payload ? await decryptToken(payload, key("platform").secret) : body.toString()) as Record<string, string>;
    const sealed = payload !== undefined;
    const tell = async (code: number, data: object | null, status = 200): Promise<void> => {
      const shown = data && sealed ? { payload: await encryptToken(Buffer.from(JSON.stringify(data)), key("merchant").open) } : data;
      response.writeHead(status, { "Content-Type": "application/json", "X-UPA-REQUESTID": id!, "X-UPA-TIMESTAMP": String(Date.now()) });
      response.end(JSON.stringify({ code, msg: `code ${code}`, success: code === 0, ts: 0, data: shown }));
    };
    await this.#handle(id!, timestamp!, params["amount"] ?? "0", response, {
      pay: () => ({ orderNo: String(this.payments.length), amount: params["amount"], state: 4, status: 2 }),
      success: (data) => tell(0, data),
      fault: () => tell(500, null, 500),
      busy: () => tell(900, null),
      running: () => tell(1001, null),
    });
  }

  async #servePayout(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const [apiKey, timestamp, nonce, signature] = ["api-key", "timestamp", "nonce-str", "signature"].map((name) => String(request.headers[`v-${name}`]));
    const line = { apiKey: apiKey!, timestamp: Number(timestamp), nonce: nonce!, url: request.url!, method: request.method!, body: body.toString() };
    if (!verifyPayoutSignature(2, line, signature!, key("merchant").open)) this.refused.push(nonce!);
    const tell = (code: number, data: object, status = 200): void => {
      const text = JSON.stringify({ code, message: `code ${code}`, data, sensitiveFields: {}, requestId: "A".repeat(32) });
      const answer = { ...line, timestamp: Math.floor(Date.now() / 1000), nonce: "n", body: text };
      response.writeHead(status, {
        "Content-Type": "application/json",
        "V-Api-Key": apiKey!,
        "V-Api-Version": "2",
        "V-Timestamp": String(answer.timestamp),
        "V-Nonce-Str": "n",
        "V-Signature": payoutSignature(2, answer, key("system").secret),
      });
      response.end(text);
    };
    if (request.method === "GET") {
      const asked = new URL(request.url!, "http://x").searchParams.get("payeeuid") ?? "";
      const found = this.#answers.get(asked);
      return found ? tell(200, found) : tell(1101, {});
    }
    const params = JSON.parse(body.toString()) as Record<string, string>;
    await this.#handle(params["payeeuid"]!, timestamp!, params["amount"]!, response, {
      pay: () => ({ ticketid: "1", payeeuid: params["payeeuid"], amount: params["amount"], currency: params["currency"] }),
      success: (data, again) => (again ? tell(1401, {}) : tell(200, data)),
      fault: () => tell(1000, {}, 500),
      busy: () => tell(1212, {}),
      running: () => tell(1000, {}, 500),
    });
  }

  async #handle(
    id: string,
    timestamp: string,
    amount: string,
    response: ServerResponse,
    how: {
      pay(): object;
      success(data: object, again: boolean): Promise<void> | void;
      fault(): Promise<void> | void;
      busy(): Promise<void> | void;
      running(): Promise<void> | void;
    },
  ): Promise<void> {
    this.seen.push(id);
    this.timestamps.push(timestamp);
    await this.watch("arrived", id);
    const fault = this.faults(id);
    if (fault === "drop-before") return void response.destroy();
    if (fault === "fault-before") return how.fault();
    if (fault === "busy") return how.busy();
    const again = this.#answers.has(id);
    if (!again) {
      this.payments.push({ id, amount });
      this.#answers.set(id, how.pay());
    }
    await this.watch("paid", id);
    if (fault === "drop-after") return void response.destroy();
    if (fault === "fault-after") return how.fault();
    if (fault === "running") return how.running();
    if (fault === "garbage-after") return void response.writeHead(502).end("<html>Bad Gateway</html>");
    if (fault === "half-after") return void response.writeHead(200, { "Content-Length": "1000" }).end("{").destroy();
    if (fault === "late") await new Promise((resolve) => setTimeout(resolve, 400));
    await how.success(this.#answers.get(id)!, again);
    await this.watch("answered", id);
  }
}

/** Numbers that look like chance, the same for a seed. */
export function chance(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
