import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { expect, expectTypeOf, test } from "vitest";
import { BursarCard, BursarPayout, Sequence, WebhookInvalid } from "../src/index.js";
import type { Bill, CardEvent } from "../src/card.js";
import { webhookHandler } from "../src/express.js";
import { webhookRoute } from "../src/next.js";
import { FILE, key, vectors } from "./vectors.js";

const bursar = new BursarCard({
  baseUrl: "http://127.0.0.1",
  apiKey: FILE.card.api_key,
  secretKey: FILE.card.secret_key,
  platformPublicKey: key("platform").der,
  merchantPrivateKey: key("merchant").pem,
});
const payout = new BursarPayout({
  baseUrl: "http://127.0.0.1",
  apiKey: FILE.payout.api_key,
  systemPublicKey: key("system").der,
  merchantPrivateKey: key("merchant").pem,
});

function push(id: string): { readonly headers: Record<string, string>; readonly body: string } {
  const vector = vectors("card_webhook").find((each) => each.id === id);
  if (!vector) throw new Error(`no vector ${id}`);
  return { headers: vector["headers"] as Record<string, string>, body: String(vector["body"]) };
}

const RIGHT = push("card-webhook-cc_recharge");
const WRONG = push("card-webhook-refused-other-secret");

test.each([
  ["a parsed object", {}],
  ["a text", RIGHT.body],
  ["nothing", undefined],
  ["an array buffer", new ArrayBuffer(1)],
  ["an empty body", new Uint8Array()],
  ["a body of 3 MiB", new Uint8Array(3 * 1024 * 1024)],
])("%s is no raw body", async (_, raw) => {
  await expect(bursar.webhooks.parse(raw as Uint8Array, RIGHT.headers)).rejects.toMatchObject({ check: "body" });
  await expect(payout.webhooks.parse(raw as Uint8Array, {}, "/")).rejects.toMatchObject({ check: "body" });
});

test("headers are read from Node, from the web and from Express alike", async () => {
  const raw = Buffer.from(RIGHT.body);
  const lower = Object.fromEntries(Object.entries(RIGHT.headers).map(([name, value]) => [name.toLowerCase(), value]));
  for (const headers of [RIGHT.headers, lower, new Headers(RIGHT.headers)]) {
    expect((await bursar.webhooks.parse(raw, headers)).event).toBe("CC_RECHARGE");
  }
});

test("events are told apart by their name", async () => {
  const event = await bursar.webhooks.parse(Buffer.from(RIGHT.body), RIGHT.headers);
  expectTypeOf(event).toEqualTypeOf<CardEvent>();
  switch (event.event) {
    case "CC_RECHARGE":
      expectTypeOf(event.detail).toEqualTypeOf<Bill>();
      expect(event.detail.amount).toBe("100.00");
      break;
    case "NE_VERIFY":
      expectTypeOf(event.challenge).toEqualTypeOf<string>();
      break;
    default:
      expect.unreachable();
  }
});

test("an event is frozen, and a one-time code in it is not shown", async () => {
  const { inspect } = await import("node:util");
  const { body, headers } = push("card-webhook-3ds_otp");
  const event = await bursar.webhooks.parse(Buffer.from(body), headers);
  expect(inspect(event)).not.toContain("123456");
  expect(event.event === "3DS_OTP" && event.detail.code).toBe("123456");
  expect(Object.isFrozen(event)).toBe(true);
});

async function served(app: express.Express, send: (url: string) => Promise<Response>): Promise<Response> {
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test.each([
  ["reading the body itself", null],
  ["behind express.raw", express.raw({ type: () => true })],
])("the Express handler, %s", async (_, before) => {
  const [events, refusals]: [CardEvent[], WebhookInvalid[]] = [[], []];
  const app = express();
  if (before) app.use(before);
  app.post("/hooks", webhookHandler(bursar.webhooks, (event) => void events.push(event), { onRefused: (each) => refusals.push(each) }));
  const right = await served(app, (url) => fetch(`${url}/hooks`, { method: "POST", ...RIGHT }));
  expect([right.status, await right.text()]).toEqual([200, "SUCCESS"]);
  const wrong = await served(app, (url) => fetch(`${url}/hooks`, { method: "POST", ...WRONG }));
  expect([wrong.status, await wrong.text()]).toEqual([400, "refused: signature"]);
  expect(events.map((event) => event.event)).toEqual(["CC_RECHARGE"]);
  expect(refusals.map((refusal) => refusal.check)).toEqual(["signature"]);
});

test("the Express handler behind a parser says how to mount it, and a failing one is pushed again", async () => {
  const faults: unknown[] = [];
  const told: express.ErrorRequestHandler = (fault, _request, response, _next) => {
    faults.push(fault);
    response.sendStatus(500);
  };
  const parsing = express().use(express.text({ type: () => true })).post("/", webhookHandler(bursar.webhooks, () => undefined)).use(told);
  expect((await served(parsing, (url) => fetch(url, { method: "POST", ...RIGHT }))).status).toBe(500);
  expect(String(faults[0])).toContain("before express.json()");
  const failing = express().post("/", webhookHandler(bursar.webhooks, () => Promise.reject(new Error("no room")))).use(told);
  expect((await served(failing, (url) => fetch(url, { method: "POST", ...RIGHT }))).status).toBe(500);
  expect(String(faults[1])).toContain("no room");
});

test("the Express handler of the payout API knows path and query of its URL", async () => {
  const vector = vectors("payout_webhook").find((each) => each.id === "payout-webhook-v2-order")!;
  const app = express().post("/hooks/payout", webhookHandler(payout.webhooks, () => undefined));
  const answer = await served(app, (url) =>
    fetch(`${url}/hooks/payout?shop=1`, { method: "POST", headers: vector["headers"] as Record<string, string>, body: String(vector["body"]) }),
  );
  expect(await answer.text()).toBe("refused: timestamp"); // the vector's, of 2023: everything before it has passed
});

test("the route for Next", async () => {
  const events: CardEvent[] = [];
  const POST = webhookRoute(bursar.webhooks, (event) => void events.push(event));
  const ask = async (body: typeof RIGHT): Promise<[number, string]> => {
    const answer = await POST(new Request("http://shop.example/hooks", { method: "POST", ...body }));
    return [answer.status, await answer.text()];
  };
  expect(await ask(RIGHT)).toEqual([200, "SUCCESS"]);
  expect(await ask(WRONG)).toEqual([400, "refused: signature"]);
  expect(events).toHaveLength(1);
});

test("a sequence tells repeats and gaps, and survives a restart", () => {
  const taken = Sequence.of(null);
  expect([1, 2, 2, 5, 4, 5].map((number) => taken.take(number))).toEqual([true, true, false, true, true, false]);
  expect(taken.take(undefined)).toBe(true);
  expect([taken.next, taken.missing]).toEqual([3, [{ from: 3, to: 3 }]]);
  const again = Sequence.of(JSON.parse(JSON.stringify(taken.state())) as ReturnType<Sequence["state"]>);
  expect(again.take(4)).toBe(false);
  expect(again.take(3)).toBe(true);
  expect([again.next, again.missing]).toEqual([6, []]);
  again.skip(6, 8);
  expect(again.next).toBe(9);
});
